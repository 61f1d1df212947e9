# shellcheck shell=bash
# Sourced by every script in dev/: where things are, how to speak, who runs PostgreSQL.
# shellcheck disable=SC2034  # the variables are for the scripts that source this file

set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# One directory holds one private cluster with its sidecar; tests use others than the demo.
run=${PRODUCTGRAPH_RUN_DIR:-$root/.run}
# Where the data is, which .run/data may only link to: the postgres user cannot follow a link in a folder of root.
data=$(readlink -f "$run/data" || echo "$run/data")
database=demo
sidecar_binary=$root/build/sidecar/productgraph-sidecar
traffic_binary=$root/build/bench/productgraph-traffic
minimum_postgresql=15
clang_format_major=14

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' dim='' plain=''
fi

say() { printf '%s\n' "$*"; }
heading() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }

# The first argument is the problem, each further one a line of advice.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  local advice
  for advice in "$@"; do printf '       %s\n' "$advice" >&2; done
  exit 1
}

# libpq-dev ships a pg_config too, but only the server's development package can build an extension.
builds_extensions() {
  local pgxs
  command -v "$1" >/dev/null 2>&1 && pgxs=$("$1" --pgxs 2>/dev/null) && [[ -f $pgxs ]]
}

pg_major() { "$1" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

# The pg_config to use: PG_CONFIG when it can build extensions, else the newest installed one that can.
find_pg_config() {
  local candidate
  local -a candidates
  mapfile -t candidates < <(compgen -G '/usr/lib/postgresql/*/bin/pg_config' | sort -rV)
  for candidate in "${PG_CONFIG:-pg_config}" "${candidates[@]}"; do
    if builds_extensions "$candidate"; then
      command -v "$candidate"
      return
    elif [[ $candidate == */* && $candidate == "${PG_CONFIG:-}" ]]; then
      return 1  # chosen by path: never answer with another one
    fi
  done
  return 1
}

require_pg_config() {
  pg_config=$(find_pg_config) ||
    fail "no pg_config that can build extensions (PG_CONFIG=${PG_CONFIG:-pg_config})" \
      'run dev/install-packages build, or set PG_CONFIG=/path/to/pg_config'
  pg_bin=$("$pg_config" --bindir)
}

# PostgreSQL refuses to run as root, so root hands the cluster to the packages' own user.
as_postgres() {
  if ((EUID == 0)); then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

cluster_port() { cat "$run/port" 2>/dev/null; }

cluster_is_running() {
  [[ -s $run/port ]] && as_postgres "$pg_bin/pg_ctl" --pgdata="$data" status >/dev/null 2>&1
}

# psql on the private cluster, blind to the caller's own settings; as psql_user and in psql_database if set.
run_psql() {
  env -u PGSERVICE -u PGHOSTADDR -u PGOPTIONS "$pg_bin/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --dbname="host=127.0.0.1 port=$(cluster_port) user=${psql_user:-postgres} dbname=${psql_database:-$database} \
sslmode=disable application_name=productgraph-dev" "$@"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root: $*" 'run it as root, or install sudo'
  fi
}

# Folders that are not there yet are no error.
cpp_files() { { find src sidecar bench sdk test -name '*.[ch]pp' -not -path '*/node_modules/*' 2>/dev/null || true; } | sort; }

# Every major version of clang-format lays out code a little differently, so one is agreed on.
find_clang_format() {
  local candidate
  for candidate in "clang-format-$clang_format_major" clang-format; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q "version $clang_format_major\."; then
      say "$candidate"
      return
    fi
  done
  return 1
}

# The version that the control file on standard input states.
extension_version() { sed -n "s/^default_version = '\(.*\)'/\1/p"; }

# The tests that extension.mk names in REGRESS or ISOLATION, in its order.
tests_named_by() {
  "${MAKE:-make}" --silent --directory="$root" --file=extension.mk PG_CONFIG="$pg_config" \
    --eval="print-tests:;@echo \$($1)" print-tests
}

# Where apt is configured to get packages from: origin, label, address, release, key.
# shellcheck disable=SC2016  # apt's own dollars
apt_indexes() { apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(RELEASE)|$(SIGNED_BY)' 'Created-By: Packages'; }

# mirror_of ORIGIN: the first address of a distribution; nothing when there is none.
mirror_of() { apt_indexes | awk -F '|' -v origin="$1" '$1 == origin && $2 == origin && !found { print $3; found = 1 }'; }
