# awk -f sql/upgrade.awk RELEASE PART...: the parts of the install script as an upgrade from a release runs them.
# Functions, procedures and aggregates replace those of the same name and arguments, which keeps what depends on them and who may
# call them. Types and casts that the release has are left out.
function object() {
  match($0, /^CREATE (TYPE [a-z_]+|CAST \([^)]*\))/)
  return substr($0, RSTART, RLENGTH)
}
NR == FNR {
  if (/^CREATE (TYPE|CAST) /) known[object()] = 1
  next
}
/^CREATE (TYPE|CAST) / { left_out = object() in known }
left_out {
  if (/;$/) left_out = 0
  next
}
{
  sub(/^CREATE FUNCTION /, "CREATE OR REPLACE FUNCTION ")
  sub(/^CREATE PROCEDURE /, "CREATE OR REPLACE PROCEDURE ")
  sub(/^CREATE AGGREGATE /, "CREATE OR REPLACE AGGREGATE ")
  print
}
