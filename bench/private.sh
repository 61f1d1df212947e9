# shellcheck shell=bash
# Sourced by bench/NAME/run: a private cluster that holds nothing else and is gone afterwards, and the file of results.
# shellcheck disable=SC2034  # the variables are for the scripts that source this file
PRODUCTGRAPH_RUN_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.run/bench
PRODUCTGRAPH_PORT=${PRODUCTGRAPH_PORT:-8099}
export PRODUCTGRAPH_RUN_DIR PRODUCTGRAPH_PORT
source "$(dirname "${BASH_SOURCE[0]}")/../dev/environment.sh"
require_pg_config
cd "$root"
name=$(basename "$(dirname "$0")")
here=$root/bench/$name
results_file=$root/bench/results/$name.json

# What docs/operations.md says for this machine. Durability is PostgreSQL's default.
memory_mb=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
PRODUCTGRAPH_CLUSTER_SETTINGS="shared_buffers=$((memory_mb / 4))MB max_wal_size=8GB min_wal_size=2GB checkpoint_timeout=15min"
[[ $("$pg_config" --configure) != *with-lz4* ]] || PRODUCTGRAPH_CLUSTER_SETTINGS+=' wal_compression=lz4'
export PRODUCTGRAPH_CLUSTER_SETTINGS

trap 'dev/down --reset >/dev/null 2>&1 || true' EXIT
dev/down --reset >/dev/null 2>&1 || true
mkdir -p "$root/bench/results"

# Between these two a crash of the cluster would cost its data, and writing costs less.
begin_filling() {
  run_psql -c 'ALTER SYSTEM SET fsync = off' -c 'ALTER SYSTEM SET full_page_writes = off' \
    -c 'SELECT pg_reload_conf()' >/dev/null
}

end_filling() {
  run_psql -c 'ALTER SYSTEM RESET fsync' -c 'ALTER SYSTEM RESET full_page_writes' \
    -c 'SELECT pg_reload_conf()' >/dev/null
  run_psql -c CHECKPOINT  # with the settings as they are now, so that little WAL is kept
}
