# shellcheck shell=bash
# Sourced by bench/ingest/run: begin_measuring before a case and end_measuring after it print a line of the table and
# collect the results. Every case begins right after a checkpoint.
# shellcheck disable=SC2154  # the variables are those of bench/private.sh and dev/environment.sh
declare -A cpu_before
collected=$run_results/collected

wal_bytes() { run_psql -Atc "SELECT pg_current_wal_lsn() - '0/0'"; }

print_header() {
  printf '\n%-50s %9s  %31s  %23s  %6s  %17s\n' '' '' 'latency, ms' 'CPU, us/event' 'WAL,' 'peak memory, MB'
  printf '%-50s %9s  %7s %7s %7s %7s  %7s %7s %7s  %6s  %5s %5s %5s\n' '' 'events/s' p50 p95 p99 p99.9 \
    traffic sidecar PG B/event traff. sidec. PG
}

begin_measuring() {
  local group
  run_psql -c CHECKPOINT
  for group in sidecar ingestion background; do cpu_before[$group]=$(cpu_seconds "$group"); done
  wal_before=$(wal_bytes)
  watch_memory &
  watcher=$!
}

# end_measuring CASE SYSTEM EVENTS SECONDS [REPORT]: REPORT is what the generator has written. Sets `rate`
# and `cost`, the CPU time of PostgreSQL for an event.
end_measuring() {
  local group memory
  local -A cpu
  for group in sidecar ingestion background; do
    cpu[$group]=$(awk "BEGIN { print $(cpu_seconds "$group") - ${cpu_before[$group]} }")
  done
  kill "$watcher"
  wait "$watcher" 2>/dev/null || true
  read -r -a memory <"$run/memory"
  jq -c --arg case "$1" --arg system "$2" --argjson n "$3" --argjson seconds "$4" \
    --argjson wal "$(($(wal_bytes) - wal_before))" --argjson sidecar "${cpu[sidecar]}" \
    --argjson ingestion "${cpu[ingestion]}" --argjson background "${cpu[background]}" \
    --argjson postgresql_memory "${memory[0]}" --argjson sidecar_memory "${memory[1]}" '
    def http(values): if length > 0 then values else {} end;
    {events_per_second: ($n / $seconds | floor)}
    + http({latency_p50_seconds: .latency_p50, latency_p95_seconds: .latency_p95, latency_p99_seconds: .latency_p99,
            "latency_p99.9_seconds": ."latency_p99.9", latency_max_seconds: .latency_max,
            generator_cpu_seconds_per_event: (.cpu_seconds / $n), sidecar_cpu_seconds_per_event: ($sidecar / $n)})
    + {ingestion_cpu_seconds_per_event: ($ingestion / $n), background_cpu_seconds_per_event: ($background / $n),
       wal_bytes_per_event: ($wal / $n | floor), postgresql_peak_memory_bytes: $postgresql_memory}
    + http({sidecar_peak_memory_bytes: $sidecar_memory, generator_peak_memory_bytes: .peak_memory_bytes})
    | to_entries[] | {case: $case, system: $system, metric: .key, value, n: $n}' \
    "${5:-/dev/stdin}" <<<'{}' >"$collected.case"
  cat "$collected.case" >>"$collected"
  print_case "$1"
  # shellcheck disable=SC2034  # for the script that sources this file
  cost=$(jq -s 'map(select(.metric | test("^(ingestion|background)_cpu")).value) | add' "$collected.case")
  # shellcheck disable=SC2034
  rate=$(jq 'select(.metric == "events_per_second").value' "$collected.case")
}

print_case() {
  jq -rs --arg case "$1" '
    (map({key: .metric, value}) | from_entries) as $m
    | def number(metric; scale): $m[metric] | if . then . * scale else "-" end;
      [$case, number("events_per_second"; 1),
       (("p50", "p95", "p99", "p99.9") | number("latency_\(.)_seconds"; 1e3)),
       number("generator_cpu_seconds_per_event"; 1e6), number("sidecar_cpu_seconds_per_event"; 1e6),
       (($m.ingestion_cpu_seconds_per_event + $m.background_cpu_seconds_per_event) * 1e6), $m.wal_bytes_per_event,
       (("generator", "sidecar", "postgresql") | number("\(.)_peak_memory_bytes"; 1e-6))] | @tsv' "$collected.case" |
    awk -F '\t' '
      function show(column, format) { return $column == "-" ? "-" : sprintf(format, $column) }
      { printf "%-50s %9d  %7s %7s %7s %7s  %7s %7s %7.2f  %6d  %5s %5s %5d\n", $1, $2, show(3, "%.1f"), show(4, "%.1f"),
          show(5, "%.1f"), show(6, "%.1f"), show(7, "%.2f"), show(8, "%.2f"), $9, $10, show(11, "%d"), show(12, "%d"), $13 }'
}
