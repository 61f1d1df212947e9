# shellcheck shell=bash
# Sourced by the benchmarks that compare with DuckDB and ClickHouse: brings their engines once (600 MB, into
# node_modules here), and PostgreSQL's client for Node.js.
rivals=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for program in node npm; do
  command -v "$program" >/dev/null || { echo "$0: $program is needed" >&2; exit 2; }
done
[[ -d $rivals/node_modules/chdb && -d $rivals/node_modules/@duckdb && -d $rivals/node_modules/pg ]] ||
  (cd "$rivals" && npm install --no-package-lock --no-audit --no-fund --silent)
