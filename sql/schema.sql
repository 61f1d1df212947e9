-- The schema itself. Everybody may use the functions and aggregates; tables are guarded one by one.
-- Where it stayed when the extension was dropped, what others were granted must not become the extension's own, which no
-- dump has.
DO $$
BEGIN
  IF NOT has_schema_privilege('public', 'productgraph', 'USAGE') THEN
    GRANT USAGE ON SCHEMA productgraph TO PUBLIC;
  END IF;
END
$$;

COMMENT ON SCHEMA productgraph IS 'Product analytics: run SELECT productgraph.setup() once to create the store.';
