# shellcheck shell=bash
# Sourced by bench/ingest/run: what PostgreSQL does without us, on two connections, beside a store that holds as much.
#   plain SQL: INSERT … ON CONFLICT DO NOTHING from JSON into a table of 15 columns with two indexes
#   COPY into a table of all columns without an index
#   COPY into events and event_keys themselves, with their indexes, keys and all (keys like those of the ids)
# shellcheck disable=SC2154  # the variables are those of bench/private.sh and dev/environment.sh

on_two_connections() { # command, called with 0 and 1
  local first
  "$@" 0 &
  first=$!
  "$@" 1
  wait "$first"
}

yardstick() { # case events command...
  local started
  begin_measuring
  started=$EPOCHREALTIME
  on_two_connections "${@:3}" >/dev/null
  end_measuring "$1" 'plain SQL' "$2" "$(awk "BEGIN { print $EPOCHREALTIME - $started }")"
}

plain_half() { run_psql -c "CALL plain_ingest(1000, $1, 2)"; }
bare_half() { run_psql -c "\\copy bare FROM '$run/rows.0$1'"; }
store_half() {
  run_psql --single-transaction -c "\\copy productgraph.events FROM '$run/rows.0$1'" \
    -c "\\copy productgraph.event_keys FROM '$run/keys.0$1'"
}

measure_yardsticks() { # events
  local before expected
  "$traffic_binary" --quiet ${random_ids:+"$random_ids"} --seed 1000 --users "$(($1 / 25 + 100))" \
    --day "$(date -u -d yesterday +%F)" --output - |
    sed -n "1,$1p" >"$run/lines"
  run_psql -c "\\copy lines (line) FROM '$run/lines' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
  before=$(run_psql -Atc 'SELECT count(*) FROM plain_events')
  yardstick 'jsonb_to_recordset, ON CONFLICT DO NOTHING' "$1" plain_half
  expected=$((before + $(run_psql -Atc "SELECT count(DISTINCT line::jsonb ->> 'event_id') FROM lines")))
  [[ $(run_psql -Atc 'SELECT count(*) FROM plain_events') == "$expected" ]] || fail 'plain SQL lost events'

  run_psql -c 'CREATE TABLE bare (LIKE productgraph.events)'
  run_psql -c "\\copy (SELECT * FROM productgraph.events WHERE timestamp > now() - interval '15 days' LIMIT $1)
                      TO '$run/rows'"
  run_psql -c "\\copy (SELECT org_id, key_of_day(event_id, -1), now() FROM productgraph.events
                       WHERE timestamp > now() - interval '15 days' LIMIT $1) TO '$run/keys'"
  split -n l/2 -d "$run/rows" "$run/rows."
  split -n l/2 -d "$run/keys" "$run/keys."
  yardstick 'COPY into a bare table' "$1" bare_half
  yardstick 'COPY into events and event_keys' "$1" store_half
}
