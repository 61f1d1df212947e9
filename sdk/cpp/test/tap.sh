# shellcheck shell=bash
# Sourced: claims in the Test Anything Protocol. A script that was called with a number before goes on counting there.
number=${TAP_NUMBER:-0} failed=0

# claim NAME COMMAND...: one test, passed when the command succeeds; its output is shown when it does not.
claim() {
  local name=$1 answer
  shift
  number=$((number + 1))
  if answer=$("$@" 2>&1); then
    say "ok $number - cpp: $name"
  else
    failed=$((failed + 1))
    say "not ok $number - cpp: $name"
    say "# ${answer//$'\n'/$'\n'# }" | tail -n 40
  fi
}

is() { [[ $1 == "$2" ]] || { say "got $1, expected $2"; return 1; }; }
