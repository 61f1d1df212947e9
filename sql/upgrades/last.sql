
-- What ends every upgrade. setup() cannot run in here: what it makes and grants would be taken for the extension's own.
DO $$
BEGIN
  IF to_regclass('productgraph.events') IS NOT NULL THEN
    RAISE WARNING 'the store of ProductGraph is still that of the version before' USING HINT = 'Run: SELECT productgraph.setup();';
  END IF;
END
$$;
