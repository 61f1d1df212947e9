-- What questions over the store are made of: steps, conditions on fields, scopes and periods of time. Questions read as
-- the caller, under row-level security; their SQL uses the alias e for events.

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
CREATE FUNCTION field_expression(field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  spec record;
BEGIN
  SELECT f.column_name, f.data_type INTO spec FROM productgraph.event_fields() f WHERE f.field = field_expression.field;
  IF FOUND AND spec.data_type <> 'jsonb' THEN
    RETURN format('e.%I', spec.column_name);
  ELSIF field LIKE 'metadata._%' THEN
    RETURN format('(e.metadata ->> %L)', substr(field, length('metadata.') + 1));
  END IF;
  RAISE 'unknown field "%"', field USING ERRCODE = 'undefined_column',
    HINT = 'Fields are those of productgraph.event_fields(), and metadata.KEY for a key of metadata.';
END
$$;
COMMENT ON FUNCTION field_expression(text) IS 'SQL for the value of a field, or of metadata.KEY as text.';

CREATE FUNCTION field_condition(field text, wanted jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text := productgraph.field_expression(field);
  type text := coalesce((SELECT f.data_type FROM productgraph.event_fields() f WHERE f.field = field_condition.field), 'text');
BEGIN
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

CREATE FUNCTION filter_condition(filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(filter) <> 'object' THEN
    RAISE 'filter must be an object of conditions, not %', filter USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN coalesce((SELECT string_agg(productgraph.field_condition(c.key, c.value), ' AND ') FROM jsonb_each(filter) c), 'true');
END
$$;
COMMENT ON FUNCTION filter_condition(jsonb) IS
'SQL for a filter: an object of conditions as in a step, all of which must hold; true for an empty one.';

CREATE FUNCTION question_scope(project text, since timestamptz, until timestamptz, filter jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT since <= until THEN
    RAISE 'since (%) is later than until (%)', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.timestamp >= %L::timestamptz AND e.timestamp < %L::timestamptz AND %s',
                productgraph.project_org(project), project, since, until, productgraph.filter_condition(filter));
END
$$;
COMMENT ON FUNCTION question_scope(text, timestamptz, timestamptz, jsonb) IS
'SQL for the events a question looks at: those of a project in [since, until) that pass the filter.';

CREATE FUNCTION check_period(period text) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF period IS NULL OR period NOT IN ('hour', 'day', 'week', 'month') THEN
    RAISE 'unknown period "%"', period USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Periods are hour, day, week and month.';
  END IF;
  RETURN ('1 ' || period)::interval;
END
$$;
COMMENT ON FUNCTION check_period(text) IS 'The length of a period (hour, day, week or month); an error for any other.';

CREATE FUNCTION check_choice(what text, choice text, choices text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF choice IS NULL OR choice <> ALL (choices) THEN
    RAISE 'unknown % "%"', what, choice USING ERRCODE = 'invalid_parameter_value',
      HINT = format('Choices are %s.', array_to_string(choices, ', '));
  END IF;
END
$$;
COMMENT ON FUNCTION check_choice(text, text, text[]) IS 'An error that names the choices unless the choice is one of them.';
