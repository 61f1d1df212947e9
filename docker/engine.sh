# shellcheck shell=bash
# Sourced by docker/test: builds the images and runs their main processes as an engine would, on a machine that has no
# engine and reaches no registry. buildah makes images; a container is a chroot into a new copy of one, with namespaces
# of its own, in a network that has nothing but these containers. Needs root, and a mount namespace to mount in.
# shellcheck disable=SC2034  # some of the variables are for docker/test
source "$(dirname "${BASH_SOURCE[0]}")/../dev/environment.sh"
kept=$root/.run/docker  # the base image, and images when they are to be kept
work=$kept/work         # what is gone at the end
# Which directory of $work/volumes the next container has for its volume; a new one begins as what the image has there.
volume=data

# --- images

# Where this machine's apt gets Debian from; a mirror has all of its suites. DEBIAN_MIRROR names another one.
debian_mirror() {
  local mirror=${DEBIAN_MIRROR:-}
  [[ -n $mirror ]] || mirror=$(mirror_of Debian)
  say "${mirror:-http://deb.debian.org/debian}"
}

# What the image debian:trixie-slim has, in a tar file that is made once.
make_base() {
  [[ ! -s $kept/trixie.tar ]] || return 0
  heading 'A base image of Debian 13'
  mmdebstrap --quiet --variant=minbase --format=tar --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' trixie "$kept/trixie.tar.part" "$(debian_mirror)" || return
  mv "$kept/trixie.tar.part" "$kept/trixie.tar"
}

# An overlay cannot be mounted on an overlay, which the files of a container are.
mkdir -p "$kept"
driver=overlay
[[ $(stat --file-system --format=%T "$kept") != overlayfs ]] || driver=vfs
buildah=(buildah --root "$kept/storage" --runroot "$work/runroot" --storage-driver "$driver")

prepare_buildah() {
  local container
  "${buildah[@]}" rm --all >/dev/null || return
  "${buildah[@]}" inspect --type image localhost/debian:trixie-slim >/dev/null 2>&1 && return
  make_base || return
  container=$("${buildah[@]}" from scratch) || return
  "${buildah[@]}" add --quiet "$container" "$kept/trixie.tar" / >/dev/null || return
  "${buildah[@]}" config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  "${buildah[@]}" commit --quiet --rm "$container" localhost/debian:trixie-slim >/dev/null
}

# The format that has health checks.
build_image() {
  BUILDER="${buildah[*]} build --isolation chroot --format docker --pull-never --layers" "$root/docker/build" "$1"
}

# config_of IMAGE FILTER: a part of the image's configuration, by jq.
config_of() { "${buildah[@]}" inspect --type image "localhost/productgraph-$1:latest" | jq --raw-output ".Docker.config$2"; }

# A new container with an image's files: where they are.
mount_image() {
  local container
  container=$("${buildah[@]}" from --pull-never "localhost/$1") && "${buildah[@]}" mount "$container"
}

# --- containers

make_network() {
  touch "$work/network"
  unshare --net="$work/network" ip link set lo up
}
in_network() { nsenter --net="$work/network" "$@"; }

# What becomes the container's first process, as the image's user and without privileges. Arguments: files, user, group,
# volume, where the image wants it, whether its own files are read-only (true). Background jobs of a shell ignore
# interrupts, which containers do not.
# shellcheck disable=SC2016  # expanded later
first_process='
  set -e
  files=$1 user=$2 group=$3 volume=$4 target=$5 read_only=$6
  shift 6
  mount --bind "$files" "$files"
  mount --rbind /dev "$files/dev"
  mount -t tmpfs tmpfs "$files/dev/shm"
  mount -t proc proc "$files/proc"
  [[ -z $target ]] || mount --bind "$volume" "$files$target"
  [[ $read_only != true ]] || mount -o remount,bind,ro "$files"
  exec chroot "$files" setpriv --reuid="$user" --regid="$group" --clear-groups --bounding-set=-all --no-new-privs \
    env --ignore-environment --default-signal=INT,QUIT "$@"'

# start NAME IMAGE [ARGUMENT...]: a container with the environment that the lines of $work/NAME.env add to the image's.
# What it prints is in $work/NAME.log, its exit code will be in $work/NAME.exit.
start() {
  local name=$1 image=$2 files user target
  local -a environment command
  shift 2
  files=$(mount_image "productgraph-$image:latest") || return
  user=$(config_of "$image" .User)
  target=$(config_of "$image" '.Volumes // {} | keys[0] // ""')
  if [[ -n $target && ! -e $work/volumes/$volume ]]; then
    mkdir -p "$work/volumes"
    cp -a "$files$target" "$work/volumes/$volume"
  fi
  say '127.0.0.1 localhost postgres sidecar' >"$files/etc/hosts"
  mapfile -t environment < <(config_of "$image" '.Env[]'; cat "$work/$name.env" 2>/dev/null)
  mapfile -t command < <(config_of "$image" '.Entrypoint[]')
  printf '%s\n' "${environment[@]}" >"$work/$name.environment"
  say "$image" >"$work/$name.image"
  rm -f "$work/$name.exit"
  (
    nsenter --net="$work/network" unshare --mount --pid --ipc --fork --kill-child bash -c "$first_process" bash "$files" "${user%:*}" "${user#*:}" \
      "$work/volumes/$volume" "$target" "$(compose_says "$image" .read_only)" "${environment[@]}" "${command[@]}" "$@" &
    say $! >"$work/$name.launcher"
    code=0
    wait $! || code=$?
    say "$code" >"$work/$name.exit"
  ) </dev/null >"$work/$name.log" 2>&1 &
  await 10 "the first process of $name" has_process "$name"
}

# The container's first process, by its number outside.
process_of() { pgrep --parent "$(cat "$work/$1.launcher")"; }
has_process() { [[ -s $work/$1.exit ]] || process_of "$1" >/dev/null; }
has_ended() { [[ -s $work/$1.exit ]]; }

# exit_code NAME: waits for the end of a container.
exit_code() {
  await 120 "the end of $1" has_ended "$1" || return
  cat "$work/$1.exit"
}

# send NAME SIGNAL, and the signal that engines stop the image with.
send() { kill -s "$2" "$(process_of "$1")"; }
stop_signal() { config_of "$1" '.StopSignal // "SIGTERM"'; }
stop() {
  send "$1" "$(stop_signal "$(cat "$work/$1.image")")"
  exit_code "$1"
}

# inside NAME COMMAND...: as "docker exec" does.
inside() {
  local name=$1 user
  local -a environment
  shift
  user=$(config_of "$(cat "$work/$name.image")" .User)
  mapfile -t environment <"$work/$name.environment"
  nsenter --target "$(process_of "$name")" --mount --pid --ipc --net --root --wd --setuid "${user%:*}" --setgid "${user#*:}" \
    env --ignore-environment "${environment[@]}" "$@"
}

# Runs the health check that the image names, or that of compose.yaml.
healthy() {
  local -a check
  mapfile -t check < <(config_of "$(cat "$work/$1.image")" '.Healthcheck.Test[1:][]')
  inside "$1" "${check[@]}"
}
healthy_for_compose() {
  local -a check
  mapfile -t check < <(compose_says "$1" '.healthcheck.test[1:][]')
  inside "$1" "${check[@]}"
}

# --- compose

# The real program, in the base image where the machine has none.
compose() {
  local container=
  if docker compose version >/dev/null 2>&1; then
    docker compose "$@"
  elif command -v docker-compose >/dev/null; then
    docker-compose "$@"
  else
    container=$(cat "$work/compose.container" 2>/dev/null) || {
      container=$("${buildah[@]}" from --pull-never localhost/debian:trixie-slim) || return
      "${buildah[@]}" run --isolation chroot "$container" -- sh -c \
        'apt-get update && apt-get install --yes --no-install-recommends docker-compose' >"$work/compose.log" 2>&1 || return
      say "$container" >"$work/compose.container"
    }
    "${buildah[@]}" run --isolation chroot --volume "$work:$work" "$container" -- docker-compose "$@"
  fi
}

# compose_says SERVICE FILTER: what compose.yaml says of a service, with the settings put in; nothing for what it does not.
compose_says() { jq --raw-output ".services.\"$1\"$2 // empty" "$work/compose.json"; }

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || { say "waited in vain for: $what"; return 1; }
    sleep 0.1
  done
}
