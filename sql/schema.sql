-- The schema itself. Everybody may use the functions and aggregates; tables are guarded one by one.
GRANT USAGE ON SCHEMA productgraph TO PUBLIC;

COMMENT ON SCHEMA productgraph IS 'Product analytics: run SELECT productgraph.setup() once to create the store.';
