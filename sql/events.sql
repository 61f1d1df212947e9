-- Events: their fields, their rules, and the way in.

CREATE FUNCTION event_fields(
  OUT field text, OUT column_name text, OUT data_type text, OUT max_characters integer, OUT required boolean,
  OUT in_kind boolean)
RETURNS SETOF record
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 50
AS 'MODULE_PATHNAME', 'productgraph_event_fields';
COMMENT ON FUNCTION event_fields() IS
'The fields of an event as clients send them, the column of the events table that keeps each, and its limit '
'(max_characters is NULL where there is none). in_kind: whether it is one of those whose combinations are the kinds of '
'segments, so that questions about it need no rows.';

CREATE FUNCTION validate_event(event jsonb, OUT field text, OUT code text, OUT message text)
RETURNS SETOF record
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2
AS 'MODULE_PATHNAME', 'productgraph_validate_event';
COMMENT ON FUNCTION validate_event(jsonb) IS
'What is wrong with an event, one row a violation in the order of checking; no rows when it is valid. '
'Rules that a project sets for itself (other event types, range of time) apply at ingestion only.';

CREATE FUNCTION is_valid_event(event jsonb) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_is_valid_event';
COMMENT ON FUNCTION is_valid_event(jsonb) IS
'Whether validate_event() finds nothing wrong; NULL for NULL. Fit for CHECK constraints.';

CREATE FUNCTION ingest(body text, api_key text DEFAULT NULL) RETURNS jsonb
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_ingest';
COMMENT ON FUNCTION ingest(text, text) IS
'Stores the events of {"events":[…]} or […] and answers {"accepted","rejected","duplicates","errors":[…]}. '
'Repeated event ids count as accepted and as duplicates. Errors: 22P02 malformed JSON, 22023 no batch, 54000 too '
'many events (1,000) or bytes (10 MB), 28000 API key missing or unknown, 42501 API key of another project '
'or without the scope ingest.';

CREATE FUNCTION ingest(body jsonb, api_key text DEFAULT NULL) RETURNS jsonb
LANGUAGE SQL VOLATILE PARALLEL UNSAFE
RETURN productgraph.ingest(body::pg_catalog.text, api_key);
COMMENT ON FUNCTION ingest(jsonb, text) IS 'The same for a batch that is jsonb already.';

CREATE FUNCTION ingest_requests(
  bodies bytea[], key_hashes bytea[], formats text[], request_ids text[],
  OUT request integer, OUT status integer, OUT response text,
  OUT accepted integer, OUT rejected integer, OUT duplicates integer)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10
AS 'MODULE_PATHNAME', 'productgraph_ingest_requests';
COMMENT ON FUNCTION ingest_requests(bytea[], bytea[], text[], text[]) IS
'Many HTTP requests in one transaction, for servers: of each its body, the SHA-256 of its API key (NULL = '
'no key), format (json or ndjson) and request id. The key itself stays with the server, out of reach of logged '
'parameters. Returns for each, in order, the HTTP status and the JSON to answer with.';
