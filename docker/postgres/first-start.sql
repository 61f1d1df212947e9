-- After database.sql, at the first start only: passwords of the login roles and the first API key, from the environment
-- that entrypoint makes. An empty one leaves a role unable to log in over the network, or the project without a key.
SET log_statement = none;
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
\getenv sidecar_password sidecar_password
\getenv analyst_password analyst_password
\getenv app_password app_password
\getenv keeper_password keeper_password
\getenv api_key api_key
SELECT format('ALTER ROLE %I PASSWORD %L', login, password)
  FROM (VALUES ('sidecar', :'sidecar_password'), ('analyst', :'analyst_password'), ('app', :'app_password'),
               ('keeper', :'keeper_password')) AS given (login, password)
 WHERE password <> '' \gexec

-- As create_api_key() does, but with a key that is known already.
INSERT INTO productgraph.api_keys (org_id, project_id, label, prefix, key_hash)
SELECT p.org_id, p.id, 'first key', left(key, 12), sha256(key::bytea)
  FROM productgraph.projects p, nullif(:'api_key', '') AS key
 WHERE key IS NOT NULL;
