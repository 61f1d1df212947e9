# shellcheck shell=bash
# Sourced, after dev/environment.sh, by tests in bash: they print TAP.

number=0 failed=0

# claim NAME COMMAND...: one test, passed when the command succeeds; its output is shown when it does not.
claim() {
  local name=$1 answer
  shift
  number=$((number + 1))
  if answer=$("$@" 2>&1); then
    say "ok $number - $name"
  else
    failed=$((failed + 1))
    say "not ok $number - $name"
    say "# ${answer//$'\n'/$'\n'# }"
  fi
}

# claim_first NAME COMMAND...: one without which the others mean nothing.
claim_first() {
  local before=$failed
  claim "$@"
  ((failed == before)) || exit 1
}

is() { [[ $1 == "$2" ]] || { say "got $1, expected $2"; return 1; }; }

# The plan, and whether all claims held.
claimed() {
  say "1..$number"
  ((failed == 0))
}
