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

trap 'dev/down --reset >/dev/null 2>&1 || true' EXIT
dev/down --reset >/dev/null 2>&1 || true
mkdir -p "$root/bench/results"
