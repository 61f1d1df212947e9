# shellcheck shell=bash
# Sourced by bench/ingest/run: a running store that holds so many events already, spread over the three weeks that ended
# a fortnight ago. It is filled once a week, or when what makes it has changed, and kept in .run/stored.
# shellcheck disable=SC2154  # the variables are those of bench/private.sh and dev/environment.sh
stored_days=21
last_stored_day=$(date -u -d '15 days ago' +%F)

fill_store() { # events
  dev/up >/dev/null
  begin_filling
  run_psql -f "$here/ids.sql" -f "$here/plain.sql"
  if (($1 > 0)); then
    # A person of the generator makes 29 events a day.
    traffic --users "$(($1 / stored_days / 29 + 1))" --day "$last_stored_day" --batch 1000 --connections 8
    run_psql -c "CALL plain_fill($stored_days)" &
    run_psql --set=days="$stored_days" -f "$here/stored.sql" >/dev/null
    wait $!
    run_psql -c 'VACUUM (ANALYZE)'
  fi
  end_filling
}

open_store() { # events
  local sum kept_stores=$root/.run/stored kept
  dev/down --reset >/dev/null 2>&1 || true
  dev/cluster start >/dev/null
  data=$(readlink -f "$run/data")
  sum=$({ "$pg_config" --version; date -u +%G-%V; echo "$random_ids"
    cat "$here"/{ids,stored,plain}.sql sql/*.sql dev/database.sql; } | sha256sum)
  kept=$kept_stores/$1-${sum:0:12}
  if [[ ! -e $kept/api_key ]]; then
    say "Filling a store with $1 events..."
    fill_store "$1"
    dev/down
    rm -rf "${kept_stores:?}/$1-"*
    mkdir -p "$kept"
    chmod 700 "$kept"
    cp -a "$data" "$kept/data"
    cp "$run/api_key" "$kept/api_key"
  else
    dev/down
    find "$data" -mindepth 1 -delete
    cp -a "$kept/data/." "$data"
    cp "$kept/api_key" "$run/api_key"
  fi
  sync
  dev/up >/dev/null
  # shellcheck disable=SC2034  # for the script that sources this file
  store_holds=$(run_psql -Atc 'SELECT count(*) FROM productgraph.events')
}
