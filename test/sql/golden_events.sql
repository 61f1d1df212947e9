-- The cases of test/golden/events.jsonl, which the core's and the sidecar's tests run too.
SET search_path = productgraph, public;
\set cases `cat "$PG_ABS_SRCDIR/golden/events.jsonl"`
SELECT create_organization('golden', 'Golden') AS org \gset
SELECT create_project(:'org', 'proj_demo', settings => '{"open_ingest": true}');
SELECT create_project(:'org', 'proj_closed');
SELECT create_api_key(:'org', 'proj_demo', 'valid') AS valid_key \gset
SELECT create_api_key(:'org', 'proj_closed', 'other project') AS other_key \gset

-- Runs one case and takes back what it stored. U+0000 in a body comes as U+E000, which SQL can hold.
CREATE FUNCTION pg_temp.run(test jsonb, key text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer record;
BEGIN
  SELECT * INTO answer FROM productgraph.ingest_requests(
    ARRAY[decode(replace(encode(convert_to(test ->> 'body', 'UTF8'), 'hex'), 'ee8080', '00'), 'hex')],
    ARRAY[sha256(key::bytea)], ARRAY[test ->> 'format'], ARRAY['golden']);
  RAISE 'take it back' USING ERRCODE = 'P9999';
EXCEPTION WHEN SQLSTATE 'P9999' THEN
  RETURN jsonb_build_object('status', answer.status) || CASE
    WHEN answer.status >= 400 THEN jsonb_build_object('code', answer.response::jsonb #>> '{error,code}')
    ELSE answer.response::jsonb END;
END
$$;

CREATE TEMP TABLE outcome AS
SELECT test, pg_temp.run(test, CASE test ->> 'key' WHEN 'valid' THEN :'valid_key' WHEN 'other_project' THEN :'other_key'
                                    WHEN 'unknown' THEN 'pgk_unknown' END) AS answer
FROM (SELECT regexp_replace(line, '(?<!\\)\\u0000', '\ue000', 'g')::jsonb AS test
      FROM regexp_split_to_table(:'cases', E'\n') AS line WHERE line <> '') AS c;

SELECT count(*) >= 80 AS many_cases FROM outcome;
-- Where the answer is not the one expected: members that a case does not name are not compared.
SELECT test ->> 'name' AS name, answer, test FROM outcome
WHERE NOT answer @> (test - 'name' - 'body' - 'format' - 'key' - 'errors')
   OR jsonb_array_length(answer -> 'errors') <> jsonb_array_length(test -> 'errors')
   OR EXISTS (SELECT FROM jsonb_array_elements(test -> 'errors') WITH ORDINALITY e
              WHERE NOT answer -> 'errors' -> (e.ordinality::int - 1) @> e.value);
