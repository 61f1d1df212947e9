# shellcheck shell=bash
# Sourced by bench/ingest/run: what groups of processes cost. CPU in seconds since they started, memory in bytes as PSS,
# which splits shared pages among the processes that share them.
# shellcheck disable=SC2154  # the variables are those of bench/private.sh and dev/environment.sh
clock_ticks=$(getconf CLK_TCK)

# Process ids of a group: sidecar; ingestion, the connections of the sidecar; background, the rest of PostgreSQL.
# Processes of PostgreSQL that have ended meanwhile count for its parent, in background.
processes_of() {
  local pid parent
  [[ $1 != sidecar ]] || { cut -d ' ' -f 1 "$run/sidecar.pid"; return; }
  parent=$(as_postgres head -n 1 "$data/postmaster.pid")
  [[ $1 == ingestion ]] || echo "$parent"
  for pid in $(<"/proc/$parent/task/$parent/children"); do
    if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == 'postgres: sidecar '* ]]; then
      [[ $1 == background ]] || echo "$pid"
    else
      [[ $1 == ingestion ]] || echo "$pid"
    fi
  done
}

# Of processes and of children they have waited for: the columns of /proc/PID/stat after the name in parentheses.
cpu_seconds() {
  local pid
  for pid in $(processes_of "$1"); do cat "/proc/$pid/stat" 2>/dev/null || true; done |
    awk -v ticks="$clock_ticks" '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum / ticks }'
}

# Processes that end meanwhile are not counted.
memory_bytes() {
  { cat "${@/%//smaps_rollup}" 2>/dev/null || true; } | awk '/^Pss:/ { sum += $2 } END { printf "%.0f\n", sum * 1024 }'
}

# Writes the largest memory seen of PostgreSQL and of the sidecar to $run/memory until it is killed.
watch_memory() {
  local parent sidecar pid bytes most_postgresql=0 most_sidecar=0
  local -a postgresql
  parent=$(as_postgres head -n 1 "$data/postmaster.pid")
  sidecar=$(processes_of sidecar)
  while :; do
    postgresql=("/proc/$parent")
    for pid in $(<"/proc/$parent/task/$parent/children"); do postgresql+=("/proc/$pid"); done
    bytes=$(memory_bytes "${postgresql[@]}")
    ((bytes <= most_postgresql)) || most_postgresql=$bytes
    bytes=$(memory_bytes "/proc/$sidecar")
    ((bytes <= most_sidecar)) || most_sidecar=$bytes
    echo "$most_postgresql $most_sidecar" >"$run/memory.new" && mv "$run/memory.new" "$run/memory"
    sleep 2
  done
}
