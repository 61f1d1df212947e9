-- Questions over the store. They read as the caller, under row-level security.

CREATE TYPE steps;

CREATE FUNCTION steps_in(cstring) RETURNS steps
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_in';
COMMENT ON FUNCTION steps_in(cstring) IS 'Input of type steps.';

CREATE FUNCTION steps_out(steps) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_out';
COMMENT ON FUNCTION steps_out(steps) IS 'Output of type steps.';

CREATE TYPE steps (INPUT = steps_in, OUTPUT = steps_out, LIKE = jsonb);
COMMENT ON TYPE steps IS
'The steps of a funnel: a JSON array, an array of text, or one step. A step is the name of an event type, or a JSON '
'object of conditions on fields: {"event.type":"page.view","page.path":"/cart"}. A list of values means any of '
'them, null that the field is absent, "metadata.KEY" a key of metadata, and "name" is what to call the step.';

CREATE FUNCTION steps_from_array(text[]) RETURNS steps
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_from_array';
COMMENT ON FUNCTION steps_from_array(text[]) IS 'Cast from an array of text to steps.';

CREATE CAST (text[] AS steps) WITH FUNCTION steps_from_array(text[]) AS IMPLICIT;
CREATE CAST (jsonb AS steps) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (steps AS jsonb) WITHOUT FUNCTION AS IMPLICIT;

-- One condition of a step as SQL over the alias e of events.
CREATE FUNCTION field_condition(field text, wanted jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text;
  type text := 'text';
  spec record;
BEGIN
  SELECT f.column_name, f.data_type INTO spec FROM productgraph.event_fields() f WHERE f.field = field_condition.field;
  IF FOUND AND spec.data_type <> 'jsonb' THEN
    operand := format('e.%I', spec.column_name);
    type := spec.data_type;
  ELSIF field LIKE 'metadata.%' THEN
    operand := format('(e.metadata ->> %L)', substr(field, length('metadata.') + 1));
  ELSE
    RAISE 'unknown field "%"', field USING ERRCODE = 'undefined_column',
      HINT = 'Fields are those of productgraph.event_fields(), and metadata.KEY for a key of metadata.';
  END IF;
  CASE jsonb_typeof(wanted)
    WHEN 'null' THEN RETURN format('%s IS NULL', operand);
    WHEN 'array' THEN
      RETURN format('%s = ANY (%L::%s[])', operand, ARRAY(SELECT jsonb_array_elements_text(wanted)), type);
    WHEN 'object' THEN
      RAISE 'the condition on "%" must be a value or a list of values', field
        USING ERRCODE = 'invalid_parameter_value';
    ELSE RETURN format('%s = %L::%s', operand, wanted #>> '{}', type);
  END CASE;
END
$$;
COMMENT ON FUNCTION field_condition(text, jsonb) IS 'SQL for one condition of a step, over the alias e of events.';

CREATE FUNCTION step_condition(step jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  condition text;
BEGIN
  IF jsonb_typeof(step) = 'string' THEN
    RETURN productgraph.field_condition('event.type', step);
  ELSIF jsonb_typeof(step) = 'object' THEN
    SELECT string_agg(productgraph.field_condition(c.key, c.value), ' AND ') INTO condition
    FROM jsonb_each(step) c WHERE c.key <> 'name';
  END IF;
  IF condition IS NULL THEN
    RAISE 'a step must be an event type or an object of conditions, not %', step
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN '(' || condition || ')';
END
$$;
COMMENT ON FUNCTION step_condition(jsonb) IS 'SQL for a step, over the alias e of events.';

CREATE FUNCTION step_name(step jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE jsonb_typeof(step)
    WHEN 'string' THEN step #>> '{}'
    ELSE coalesce(step ->> 'name', (SELECT string_agg(c.value #>> '{}', ' ' ORDER BY c.key) FROM jsonb_each(step) c))
  END
$$;
COMMENT ON FUNCTION step_name(jsonb) IS 'What a step is called: its "name", or the values it asks for.';

CREATE FUNCTION project_org(project text) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  orgs uuid[];
BEGIN
  SELECT array_agg(p.org_id) INTO orgs FROM productgraph.projects p
  WHERE p.id = project
    AND (productgraph.current_org_id() IS NULL OR p.org_id = (SELECT productgraph.current_org_id()));
  IF cardinality(orgs) = 1 THEN
    RETURN orgs[1];
  ELSIF orgs IS NULL AND productgraph.current_org_id() IS NULL THEN
    RAISE 'project "%" does not exist', project USING ERRCODE = 'undefined_object',
      HINT = 'No organization is chosen: SELECT productgraph.set_current_org(''…'');';
  ELSIF orgs IS NULL THEN
    RAISE 'project "%" does not exist in the current organization', project USING ERRCODE = 'undefined_object';
  END IF;
  RAISE 'several organizations have a project "%"', project USING ERRCODE = 'ambiguous_parameter',
    HINT = 'Choose one: SELECT productgraph.set_current_org(''…'');';
END
$$;
COMMENT ON FUNCTION project_org(text) IS
'The organization of a project that the caller can see: of the current one, or of any when none is chosen and the '
'caller sees it all the same (a superuser). Error 42704 when there is none, 42P08 when there are several.';

CREATE FUNCTION actor_expression(actor text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CASE
    WHEN actor = 'user' THEN RETURN 'coalesce(e.user_id, e.user_anonymous_id, e.session_id)';
    WHEN actor = 'session' THEN RETURN 'e.session_id';
    WHEN actor LIKE 'metadata._%' THEN
      RETURN format('(e.metadata ->> %L)', substr(actor, length('metadata.') + 1));
    ELSE
      RAISE 'unknown actor "%"', actor USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Actors are user, session and metadata.KEY.';
  END CASE;
END
$$;
COMMENT ON FUNCTION actor_expression(text) IS 'SQL for who is counted, over the alias e of events.';

CREATE FUNCTION funnel(
  project text, steps steps, within interval DEFAULT '1 day',
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', actor text DEFAULT 'user',
  OUT step integer, OUT name text, OUT actors bigint,
  OUT conversion_from_start numeric, OUT conversion_from_previous numeric, OUT dropped bigint,
  OUT median_time interval, OUT average_time interval, OUT p95_time interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := steps::jsonb;
  org_id uuid := productgraph.project_org(project);
  counted text := productgraph.actor_expression(actor);
  conditions text[];
  attempts text;
BEGIN
  IF jsonb_typeof(list) <> 'array' OR jsonb_array_length(list) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a funnel needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT within >= interval '0' THEN
    RAISE 'within must not be negative' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NOT since <= until THEN
    RAISE 'since (%) is later than until (%)', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(productgraph.step_condition(s.value) ORDER BY s.ordinality) INTO conditions
  FROM jsonb_array_elements(list) WITH ORDINALITY s;
  -- The range of time is that of the first step; later steps follow within the window.
  attempts := format(
    'SELECT productgraph.window_funnel_times($3, ''strict_once'', e.timestamp, %s) AS times
     FROM productgraph.events e
     WHERE e.org_id = $1 AND e.project_id = $2 AND e.timestamp >= $4 AND e.timestamp <= $5 + $3
       AND (%s) AND %s IS NOT NULL
     GROUP BY %s',
    array_to_string(ARRAY[conditions[1] || ' AND e.timestamp < $5'] || conditions[2:], ', '),
    array_to_string(conditions, ' OR '), counted, counted);
  RETURN QUERY EXECUTE format(
    'WITH attempts AS MATERIALIZED (%s), reached AS (
       SELECT s.step, productgraph.step_name($6 -> (s.step - 1)) AS name,
         count(*) FILTER (WHERE cardinality(a.times) >= s.step) AS actors,
         percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY a.times[s.step] - a.times[s.step - 1]) AS times,
         avg(a.times[s.step] - a.times[s.step - 1]) AS average
       FROM generate_series(1, jsonb_array_length($6)) s(step) LEFT JOIN attempts a ON true
       GROUP BY s.step
     )
     SELECT step, name, actors,
       round(actors::numeric / nullif(first_value(actors) OVER w, 0), 4),
       round(actors::numeric / nullif(coalesce(lag(actors) OVER w, actors), 0), 4),
       coalesce(lag(actors) OVER w - actors, 0),
       times[1], average, times[2]
     FROM reached WINDOW w AS (ORDER BY step) ORDER BY step', attempts)
  USING org_id, project, within, since, until, list;
END
$$;
COMMENT ON FUNCTION funnel(text, steps, interval, timestamptz, timestamptz, text) IS
'How many actors take the steps in order, each at most "within" after the first, and how long they need. One row a '
'step: actors that reached it in their best attempt, the share of the first and of the previous step (0 to 1, four '
'decimals, NULL of nothing), those lost since the previous step, and the time from the previous step (NULL for the '
'first). The first step lies in [since, until). An event serves one step of an attempt. actor: user (user id, else '
'anonymous id, else session), session, or metadata.KEY. Errors: 42704 unknown project, 42703 unknown field, 22023 '
'wrong steps, window, range or actor.';
