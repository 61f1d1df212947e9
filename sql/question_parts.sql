-- What questions over the store are made of: steps, conditions on fields, scopes and periods of time. Questions read as
-- the caller, under row-level security; their SQL uses the alias e for events. They run without JIT: compiling
-- takes up to twice as long as a million events do, and cannot be cancelled.

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
'them, null that the field is absent, "metadata.KEY" a key of metadata, "name" is what to call the step, and '
'"optional":true says that a funnel''s step may be left out.';

CREATE FUNCTION steps_from_array(text[]) RETURNS steps
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_steps_from_array';
COMMENT ON FUNCTION steps_from_array(text[]) IS 'Cast from an array of text to steps.';

CREATE CAST (text[] AS steps) WITH FUNCTION steps_from_array(text[]) AS IMPLICIT;
CREATE CAST (jsonb AS steps) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (steps AS jsonb) WITHOUT FUNCTION AS IMPLICIT;

-- One condition of a step as SQL over the alias e of events.
CREATE FUNCTION session_fields() RETURNS TABLE (field text, expression text, data_type text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 7
SET search_path = pg_catalog, pg_temp
AS $$
  VALUES ('session.entry_page', 's.entry_page', 'text'), ('session.exit_page', 's.exit_page', 'text'),
    ('session.pages', 's.pages', 'bigint'), ('session.events', 's.events', 'bigint'),
    ('session.errors', 's.errors', 'bigint'), ('session.converted', 's.converted_at IS NOT NULL', 'boolean'),
    ('session.bounced', 's.pages < 2', 'boolean')
$$;
COMMENT ON FUNCTION session_fields() IS
'What questions can ask of the session an event belongs to, as if it were a field of the event: its first and last page, how '
'many pages, events and errors it has, whether it converted, and whether it has less than two pages.';

CREATE FUNCTION field_type(field text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce((SELECT f.data_type FROM productgraph.event_fields() f WHERE f.field = $1),
                  (SELECT f.data_type FROM productgraph.session_fields() f WHERE f.field = $1), 'text')
$$;
COMMENT ON FUNCTION field_type(text) IS 'The type of a field''s values in questions; text for metadata.KEY.';

CREATE FUNCTION field_expression(field text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  spec record;
BEGIN
  IF field LIKE 'metadata._%' THEN
    RETURN format('(e.metadata ->> %L)', substr(field, length('metadata.') + 1));
  END IF;
  SELECT f.column_name, f.data_type INTO spec FROM productgraph.event_fields() f WHERE f.field = field_expression.field;
  IF FOUND AND spec.data_type <> 'jsonb' THEN
    RETURN format('e.%I', spec.column_name);
  END IF;
  SELECT f.expression INTO spec FROM productgraph.session_fields() f WHERE f.field = field_expression.field;
  IF FOUND THEN
    RETURN format('(SELECT %s FROM productgraph.sessions s WHERE s.org_id = e.org_id AND s.project_id = e.project_id '
                  'AND s.session_id = e.session_id)', spec.expression);
  END IF;
  RAISE 'unknown field "%"', field USING ERRCODE = 'undefined_column',
    HINT = 'Fields are those of productgraph.event_fields() and session_fields(), and metadata.KEY for a key of metadata.';
END
$$;
COMMENT ON FUNCTION field_expression(text) IS
'SQL for the value of a field, of a property of the event''s session, or of metadata.KEY as text.';

CREATE FUNCTION field_condition(field text, wanted jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  operand text := productgraph.field_expression(field);
  type text := productgraph.field_type(field);
  kinds text[] := ARRAY(SELECT jsonb_typeof(v.value) FROM jsonb_array_elements(
    CASE jsonb_typeof(wanted) WHEN 'array' THEN wanted ELSE jsonb_build_array(wanted) END) v);
  condition text;
BEGIN
  IF kinds && '{object,array}' THEN
    RAISE 'the condition on "%" must be a value or a list of values', field USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_typeof(wanted) = 'null' THEN
    RETURN format('%s IS NULL', operand);
  ELSIF jsonb_typeof(wanted) <> 'array' THEN
    RETURN format('%s = %L::%s', operand, wanted #>> '{}', type);
  END IF;
  condition := format('%s = ANY (%L::%s[])', operand,
    ARRAY(SELECT v.value #>> '{}' FROM jsonb_array_elements(wanted) v WHERE v.value <> 'null'), type);
  RETURN CASE WHEN 'null' = ANY (kinds) THEN format('(%s OR %s IS NULL)', condition, operand) ELSE condition END;
END
$$;
COMMENT ON FUNCTION field_condition(text, jsonb) IS
'SQL for one condition of a step, over the alias e of events: the value, any of a list of values, or for null, also in '
'a list, that there is none.';

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
    FROM jsonb_each(step) c WHERE c.key NOT IN ('name', 'optional');
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
    ELSE coalesce(step ->> 'name',
      (SELECT string_agg(c.value #>> '{}', ' ' ORDER BY c.key) FROM jsonb_each(step) c WHERE c.key <> 'optional'))
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
  IF to_regclass('productgraph.projects') IS NULL THEN
    PERFORM productgraph.require_store();
  END IF;
  SELECT array_agg(p.org_id) INTO orgs FROM productgraph.projects p
  WHERE p.id = project
    AND (productgraph.current_org_id() IS NULL OR p.org_id = (SELECT productgraph.current_org_id()));
  IF cardinality(orgs) = 1 THEN
    RETURN orgs[1];
  ELSIF orgs IS NULL AND productgraph.current_org_id() IS NULL THEN
    RAISE 'project "%" does not exist', project USING ERRCODE = 'undefined_object',
      HINT = 'No organization is chosen: SELECT productgraph.set_current_org(id) FROM productgraph.my_organizations() WHERE slug = ''…'';';
  ELSIF orgs IS NULL THEN
    RAISE 'project "%" does not exist in the current organization', project USING ERRCODE = 'undefined_object';
  END IF;
  RAISE 'several organizations have a project "%"', project USING ERRCODE = 'ambiguous_parameter',
    HINT = 'Choose one: SELECT productgraph.set_current_org(id) FROM productgraph.my_organizations() WHERE slug = ''…'';';
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

CREATE FUNCTION check_range(since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (since <= until) IS NOT TRUE THEN
    RAISE 'since (%) is later than until (%)', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION check_range(timestamptz, timestamptz) IS 'An error unless since is not later than until.';

-- Statements are put together as text and read with the settings of the caller: DateStyle and abbreviations of time
-- zones must have no say in what a moment is.
CREATE FUNCTION timestamp_literal(moment timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO'
SET timezone = 'UTC'
AS $$
  SELECT format('%L::timestamptz', moment)
$$;
COMMENT ON FUNCTION timestamp_literal(timestamptz) IS
'SQL for a moment, the same under every setting of DateStyle and TimeZone; NULL for NULL.';

CREATE FUNCTION question_scope(project text, since timestamptz, until timestamptz, filter jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_range(since, until);
  RETURN format('e.org_id = %L::uuid AND e.project_id = %L AND e.timestamp >= %s AND e.timestamp < %s AND %s',
                productgraph.project_org(project), project, productgraph.timestamp_literal(since),
                productgraph.timestamp_literal(until), productgraph.filter_condition(filter));
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

CREATE FUNCTION any_step_condition(what steps) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := CASE jsonb_typeof(what::jsonb) WHEN 'array' THEN what::jsonb ELSE jsonb_build_array(what::jsonb) END;
BEGIN
  IF what IS NULL THEN
    RETURN 'true';
  ELSIF list = '[]' THEN
    RAISE 'there must be at least one step' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'NULL stands for all events.';
  END IF;
  RETURN (SELECT '(' || string_agg(productgraph.step_condition(s.value), ' OR ' ORDER BY s.ordinality) || ')'
          FROM jsonb_array_elements(list) WITH ORDINALITY s);
END
$$;
COMMENT ON FUNCTION any_step_condition(steps) IS
'SQL for events that match any of the steps, over the alias e of events; true for NULL, an error for an empty list.';

CREATE FUNCTION check_timezone(timezone text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  timezone := coalesce(timezone, current_setting('TimeZone'));
  -- Raises 22023 for a zone that is not known.
  PERFORM now() AT TIME ZONE timezone;
  RETURN timezone;
END
$$;
COMMENT ON FUNCTION check_timezone(text) IS
'The time zone, that of the session for NULL; error 22023 when it is not known.';

-- Periods are numbered, so that equal numbers are equal periods and the next period is one more: hours from 1970,
-- days, weeks and months from 1 January of the year 1, a Monday, by the calendar of a time zone.
CREATE FUNCTION period_number(period text, timezone text, moment text DEFAULT 'e.timestamp') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  local_time text := format('(%s AT TIME ZONE %L)', moment, timezone);
BEGIN
  PERFORM productgraph.check_period(period);
  CASE period
    -- An hour is one of absolute time: clocks that are put back show it twice. Zones may be off by part of an hour.
    WHEN 'hour' THEN
      RETURN format('floor(date_part(''epoch'', date_trunc(''hour'', %s, %L)) / 3600)::bigint', moment, timezone);
    WHEN 'day' THEN RETURN format('(%s::date - date ''0001-01-01'')', local_time);
    WHEN 'week' THEN RETURN format('((%s::date - date ''0001-01-01'') / 7)', local_time);
    WHEN 'month' THEN
      RETURN format('(date_part(''year'', %s) * 12 + date_part(''month'', %1$s) - 13)::integer', local_time);
  END CASE;
END
$$;
COMMENT ON FUNCTION period_number(text, text, text) IS 'SQL for the number of the period that a moment lies in.';

CREATE FUNCTION period_start(period text, timezone text, number text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM productgraph.check_period(period);
  CASE period
    WHEN 'hour' THEN
      RETURN format('date_trunc(''hour'', to_timestamp((%s) * 3600.0 + 3599), %L)', number, timezone);
    WHEN 'day' THEN RETURN format('((date ''0001-01-01'' + (%s)::integer)::timestamp AT TIME ZONE %L)', number, timezone);
    WHEN 'week' THEN RETURN format('((date ''0001-01-01'' + (%s)::integer * 7)::timestamp AT TIME ZONE %L)', number, timezone);
    WHEN 'month' THEN
      RETURN format('((timestamp ''0001-01-01'' + (%s) * interval ''1 month'') AT TIME ZONE %L)', number, timezone);
  END CASE;
END
$$;
COMMENT ON FUNCTION period_start(text, text, text) IS 'SQL for the moment at which the period of a number starts.';

CREATE FUNCTION period_numbers(period text, first bigint, last bigint) RETURNS SETOF bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most constant bigint := 10000;
BEGIN
  IF last - first >= most THEN
    RAISE 'the range has % periods of one %, more than %', last - first + 1, period, most
      USING ERRCODE = 'program_limit_exceeded', HINT = 'Choose a later since, an earlier until or a longer period.';
  END IF;
  RETURN QUERY SELECT generate_series(first, last);
END
$$;
COMMENT ON FUNCTION period_numbers(text, bigint, bigint) IS
'The numbers of all periods from the first to the last, none when one is NULL; error 54000 for more than 10,000 of them.';

CREATE FUNCTION period_series(period text, timezone text, since timestamptz, until timestamptz, seen text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- A day that a zone left out when it crossed the date line has a number, and no length.
  RETURN format('(SELECT n FROM productgraph.period_numbers(%L, %s, %s) n WHERE %s < %s)', period,
    CASE WHEN isfinite(since)
         THEN productgraph.period_number(period, timezone, productgraph.timestamp_literal(since))
         ELSE format('(SELECT min(n) FROM %s)', seen) END,
    CASE WHEN isfinite(until)
         THEN productgraph.period_number(period, timezone, productgraph.timestamp_literal(until - interval '1 microsecond'))
         ELSE format('(SELECT max(n) FROM %s)', seen) END,
    productgraph.period_start(period, timezone, 'n'), productgraph.period_start(period, timezone, 'n + 1'));
END
$$;
COMMENT ON FUNCTION period_series(text, text, timestamptz, timestamptz, text) IS
'SQL for a relation of the numbers of all periods of a range; an end that is infinite is that of the numbers n in the relation seen. '
'More than 10,000 of them are error 54000.';
