# Prints what is wrong with META.json by version 1.0.0 of PGXN's specification (https://pgxn.org/spec/), a line each:
#   jq -r -f dev/pgxn-meta.jq META.json
# Of licenses it knows ours, and of prerequisites least versions.
def is_text: type == "string" and length > 0;
def is_version: is_text and test("^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?([+][0-9A-Za-z.-]+)?$");
def is_term: is_text and (test("[\\s/\\\\[:cntrl:]]") | not) and length > 1;
def unless(valid; text): if (try valid catch false) then empty else text end;
def only(names): keys[] | select(IN(names[]) or test("^[Xx]_") | not) | "\(.): no such field";

only(["name", "abstract", "description", "version", "maintainer", "license", "release_status", "provides", "prereqs",
      "generated_by", "meta-spec", "resources", "tags", "no_index"]),
unless(.name | is_term; "name: must be a term"),
unless(.version | is_version; "version: must be a semantic version"),
unless(.abstract | is_text; "abstract: must be text"),
unless(.maintainer | [.] | flatten | length > 0 and all(is_text); "maintainer: must be text"),
unless(.license == "apache_2_0"; "license: must be apache_2_0"),
unless(.["meta-spec"].version == "1.0.0"; "meta-spec.version: must be 1.0.0"),
unless(.["meta-spec"].url | test("^https?://pgxn\\.org/meta/spec\\.txt$"); "meta-spec.url: must be https://pgxn.org/meta/spec.txt"),
unless(.release_status // "stable" | IN("stable", "testing", "unstable"); "release_status: must be stable, testing or unstable"),
unless((.description // "-") | is_text; "description: must be text"),
unless((.generated_by // "-") | is_text; "generated_by: must be text"),
unless((.tags // ["-"]) | length > 0 and all(is_text and length < 256); "tags: must be texts"),

unless(.provides | type == "object" and length > 0; "provides: must name extensions"),
(.provides // {} | to_entries[] | .key as $name | .value |
  (only(["file", "version", "abstract", "docfile"]) | "provides.\($name).\(.)"),
  unless($name | is_term; "provides.\($name): must be a term"),
  unless(.file | is_text; "provides.\($name).file: must be a path"),
  unless((.docfile // "-") | is_text; "provides.\($name).docfile: must be a path"),
  unless(.version | is_version; "provides.\($name).version: must be a semantic version"),
  unless((.abstract // "-") | is_text; "provides.\($name).abstract: must be text")),

(.prereqs // {} | to_entries[] | .key as $phase |
  unless($phase | IN("configure", "build", "test", "runtime", "develop"); "prereqs.\($phase): no such phase"),
  (.value | to_entries[] | .key as $relation |
    unless($relation | IN("requires", "recommends", "suggests", "conflicts"); "prereqs.\($phase).\($relation): no such relation"),
    (.value | to_entries[] |
      unless(.key | is_term; "prereqs.\($phase).\($relation).\(.key): must be a term"),
      unless(.value == 0 or .value == "0" or (.value | is_version); "prereqs.\($phase).\($relation).\(.key): must be a version")))),

(.resources // {} |
  (only(["homepage", "bugtracker", "repository"]) | "resources.\(.)"),
  unless((.homepage // "https://-") | test("^https?://"); "resources.homepage: must be a URL"),
  unless((.bugtracker // {"web": "https://-"}) | (.web // "https://-" | test("^https?://")) and (.mailto // "a@b" | test("@"))
         and (.web // .mailto); "resources.bugtracker: must have web or mailto"),
  unless((.repository // {"web": "https://-"}) | (.web // "https://-" | test("^https?://")) and (.url // "https://-" | test("^[a-z]+://"))
         and (.web // .url); "resources.repository: must have web or url"))
