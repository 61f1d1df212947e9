-- What questions at segments are made of. Conditions are those of rows, evaluated once for each kind of a project instead of
-- once for each event; events that are not packed yet are read as rows, under the same snapshot.

CREATE FUNCTION step_fields(steps steps) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(DISTINCT field), '{}')
  FROM jsonb_array_elements(CASE jsonb_typeof(steps::jsonb) WHEN 'array' THEN steps::jsonb
                            ELSE jsonb_build_array(steps::jsonb) END) s,
    LATERAL (SELECT 'event.type' WHERE jsonb_typeof(s.value) = 'string'
             UNION ALL SELECT k FROM jsonb_object_keys(CASE jsonb_typeof(s.value) WHEN 'object' THEN s.value ELSE '{}' END) k
             WHERE k NOT IN ('name', 'optional', 'after', 'before')) f(field)
$$;
COMMENT ON FUNCTION step_fields(steps) IS 'The fields that steps ask for; none for NULL.';

CREATE FUNCTION filter_fields(filter jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(array_agg(k), '{}')
  FROM jsonb_object_keys(CASE jsonb_typeof(filter) WHEN 'object' THEN filter ELSE '{}' END) k
$$;
COMMENT ON FUNCTION filter_fields(jsonb) IS 'The fields that a filter asks for.';

CREATE FUNCTION condition_mask(conditions text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(string_agg(format('CASE WHEN %s THEN %s ELSE 0 END', c.condition,
                                    CASE c.n WHEN 32 THEN '(-2147483648)' ELSE (1::bigint << (c.n::integer - 1))::text END), ' | '), '0')
  FROM unnest(conditions) WITH ORDINALITY c(condition, n)
$$;
COMMENT ON FUNCTION condition_mask(text[]) IS 'SQL for an integer whose bits say which of the conditions hold, the lowest for the first.';

CREATE FUNCTION rows_instead_of_segments(project text, fields text[], actor text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  field text;
BEGIN
  IF NOT coalesce(nullif(current_setting('productgraph.use_segments', true), ''), 'on')::boolean THEN
    RETURN 'productgraph.use_segments is off';
  ELSIF actor NOT IN ('user', 'session') THEN
    RETURN format('events are not packed by actor %s', actor);
  END IF;
  SELECT f INTO field FROM unnest(fields) f
  WHERE f IS NOT NULL AND f NOT IN (SELECT e.field FROM productgraph.event_fields() e WHERE e.in_kind) LIMIT 1;
  IF FOUND THEN
    RETURN format('field %s is not part of kinds', field);
  ELSIF EXISTS (SELECT FROM productgraph.packed_projects p
                WHERE p.org_id = org AND p.project_id = project AND p.too_many_kinds) THEN
    RAISE NOTICE 'project "%" has too many kinds of events to be packed', project
      USING HINT = 'Ids in page paths, names or the like make kinds; productgraph.rebuild_segments() packs once they are gone.';
    RETURN 'there are too many kinds of events';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION rows_instead_of_segments(text, text[], text) IS
'Why a question that asks for these fields and counts this actor must be asked of rows; NULL when segments can answer it.';

CREATE FUNCTION report_path(question text, reason text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  message text := question || CASE WHEN reason IS NULL THEN ' is answered from segments'
                                   ELSE ' is answered from rows: ' || reason END;
BEGIN
  IF coalesce(nullif(current_setting('productgraph.explain', true), ''), 'off')::boolean THEN
    RAISE NOTICE '%', message;
  ELSE
    RAISE DEBUG '%', message;
  END IF;
END
$$;
COMMENT ON FUNCTION report_path(text, text) IS
'Tells how a question is answered: from segments, or from rows and why. A notice with productgraph.explain on, else at level '
'DEBUG1.';

CREATE FUNCTION may_have_received(partition regclass, since timestamptz) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_may_have_received';
COMMENT ON FUNCTION may_have_received(regclass, timestamptz) IS
'False when no event in a partition of events has received_at >= since, whosever it is, as far as its index can tell.';

CREATE FUNCTION loose_ranges(org_id uuid, project text, since timestamptz, until timestamptz, OUT weeks timestamptz[], OUT ranges text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  packed record;
  covered timestamptz := since;
BEGIN
  weeks := '{}';
  ranges := '{}';
  FOR packed IN SELECT w.week, w.packed_until, w.week + interval '168 hours' AS week_end,
                  productgraph.may_have_received(e.partition, w.packed_until) AS is_fresh
                FROM productgraph.readable_weeks(org_id, project, since, until) w JOIN productgraph.event_weeks() e USING (week)
                ORDER BY w.week LOOP
    IF covered < packed.week THEN
      ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s', productgraph.timestamp_literal(covered),
                                 productgraph.timestamp_literal(packed.week));
    END IF;
    IF packed.is_fresh THEN
      ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s AND e.received_at >= %s',
                                 productgraph.timestamp_literal(greatest(packed.week, since)),
                                 productgraph.timestamp_literal(least(packed.week_end, until)),
                                 productgraph.timestamp_literal(packed.packed_until));
    END IF;
    covered := packed.week_end;
    weeks := weeks || packed.week;
  END LOOP;
  IF covered < until THEN
    ranges := ranges || format('e.timestamp >= %s AND e.timestamp < %s', productgraph.timestamp_literal(covered),
                               productgraph.timestamp_literal(until));
  END IF;
END
$$;
COMMENT ON FUNCTION loose_ranges(uuid, text, timestamptz, timestamptz) IS
'The weeks of [since, until) that a project has segments of, and conditions on disjoint sets of events e that are in none of '
'them, and together are all that are not.';

CREATE FUNCTION packed_source(
  project text, since timestamptz, until timestamptz, condition text, mask text, label text,
  OUT org_id uuid, OUT kinds text, OUT loose text, OUT weeks timestamptz[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ranges text[];
  scope text;
BEGIN
  org_id := productgraph.project_org(project);
  scope := format('e.org_id = %L::uuid AND e.project_id = %L', org_id, project);
  kinds := format('SELECT e.kind, %s, (%s)::text FROM productgraph.kinds e WHERE %s AND %s', mask, label, scope, condition);
  SELECT r.weeks, r.ranges INTO weeks, ranges FROM productgraph.loose_ranges(org_id, project, since, until) r;
  SELECT format('SELECT actor, session_id, ts, mask, label FROM (%s) l ORDER BY ts, sequence, id', string_agg(format(
    'SELECT %s AS actor, e.session_id, e.timestamp AS ts, %s AS mask, (%s)::text AS label, e.event_sequence AS sequence,
       e.event_id AS id
     FROM productgraph.events e WHERE %s AND %s AND %s', productgraph.actor_expression('user'), mask, label, scope, range,
    condition), ' UNION ALL ')) INTO loose FROM unnest(ranges) range HAVING count(*) > 0;
END
$$;
COMMENT ON FUNCTION packed_source(text, timestamptz, timestamptz, text, text, text) IS
'What a question reads of a project in [since, until): weeks are those with segments; kinds is SQL for the kinds that meet the '
'condition: kind, mask and label; loose is SQL for the events that are not packed and meet it: actor, session_id, ts, mask, '
'label; NULL when there are none for sure. condition, mask (integer) and label are SQL over the alias e.';
