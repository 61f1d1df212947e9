-- paths(): the ways that were taken, as the edges of a Sankey diagram; and what makes a node of them.

CREATE FUNCTION glob_pattern(glob text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT replace(replace(replace(replace(glob, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_'), '*', '%')
$$;
COMMENT ON FUNCTION glob_pattern(text) IS 'The pattern of LIKE for a glob, in which * stands for any characters.';

CREATE FUNCTION node_expression(node text, groups text[] DEFAULT NULL, exclude text[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  value text := CASE node
    WHEN 'event' THEN 'e.event_type'
    WHEN 'step' THEN 'coalesce(e.journey_step_id, e.journey_step_name)'
    ELSE format('%s::text', productgraph.field_expression(node))
  END;
  grouped text;
  condition text;
BEGIN
  IF EXISTS (SELECT FROM unnest(groups) g WHERE g IS NULL) OR EXISTS (SELECT FROM unnest(exclude) x WHERE x IS NULL) THEN
    RAISE 'groups and exclude must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT format('CASE %s ELSE %s END', string_agg(
    format('WHEN %s LIKE %L THEN %L', value, productgraph.glob_pattern(g.glob), g.glob), ' ' ORDER BY g.n), value)
  INTO grouped FROM unnest(groups) WITH ORDINALITY g(glob, n) HAVING count(*) > 0;
  grouped := coalesce(grouped, value);
  SELECT string_agg(format('%s LIKE %L OR %s = %L', value, productgraph.glob_pattern(x.glob), grouped, x.glob), ' OR ')
  INTO condition FROM unnest(exclude) x(glob);
  RETURN CASE WHEN condition IS NULL THEN grouped ELSE format('CASE WHEN %s THEN NULL ELSE %s END', condition, grouped) END;
END
$$;
COMMENT ON FUNCTION node_expression(text, text[], text[]) IS
'SQL for the node that an event is at, over the alias e of events: the value of a field, of metadata.KEY, the type of the '
'event ("event") or the journey step ("step": its id, else its name). The first of the groups, globs with *, that '
'matches replaces it; what matches one of exclude (before or after grouping) has no node (NULL). Error 42703 for an unknown field.';

CREATE FUNCTION path_events(scope text, node text, gap interval, actor text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  columns text := format('%s AS actor, %s AS node, e.timestamp, e.event_sequence, e.event_id',
                         productgraph.actor_expression(actor), node);
  condition text := format('%s AND %s IS NOT NULL', scope, productgraph.actor_expression(actor));
BEGIN
  IF gap IS NULL THEN
    -- Byte order sorts faster than a language's, and any order will do.
    RETURN format('SELECT e.session_id COLLATE "C" AS visitor, 1::bigint AS part, %s FROM productgraph.events e
                   WHERE %s AND %s IS NOT NULL', columns, condition, node);
  ELSIF gap < interval '0' THEN
    RAISE 'gap must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN format('SELECT * FROM (
      SELECT v.actor AS visitor, productgraph.sessionize(v.timestamp, %L) OVER (
        PARTITION BY v.actor COLLATE "C" ORDER BY v.timestamp, v.event_sequence, v.event_id) AS part, v.*
      FROM (SELECT %s FROM productgraph.events e WHERE %s) v) v
    WHERE v.node IS NOT NULL', gap, columns, condition);
END
$$;
COMMENT ON FUNCTION path_events(text, text, interval, text) IS
'Part of paths(): SQL for the events with a node; visitor and part say of which visit.';

CREATE FUNCTION path_steps(events text, start_at text, end_at text, steps integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  backward boolean := start_at IS NULL AND end_at IS NOT NULL;
  neighbour text := CASE WHEN backward THEN 'lag' ELSE 'lead' END;
  first text := CASE WHEN start_at IS NOT NULL
    THEN format('min(n) FILTER (WHERE node = %L) OVER (PARTITION BY visitor, part)', start_at)
    ELSE CASE WHEN backward THEN '0::bigint' ELSE '1::bigint' END END;
  last text := CASE WHEN end_at IS NOT NULL
    THEN format('min(n) FILTER (WHERE node = %L AND n > first) OVER (PARTITION BY visitor, part)', end_at)
    ELSE 'NULL::bigint' END;
BEGIN
  RETURN format(
    'SELECT (n - %s)::integer AS step, actor, node, neighbour, productgraph.micros_between(%s) AS micros FROM (
       SELECT *, %s AS last FROM (
         SELECT *, %s AS first FROM (
           SELECT visitor, part, actor, node, row_number() OVER w AS n, timestamp,
             %s(node) OVER w AS neighbour, %s(timestamp) OVER w AS neighbour_time
           FROM (SELECT *, lag(node) OVER w AS previous FROM (%s) v
                 WINDOW w AS (PARTITION BY visitor, part ORDER BY timestamp, event_sequence, event_id)) v
           WHERE node IS DISTINCT FROM previous
           WINDOW w AS (PARTITION BY visitor, part ORDER BY timestamp, event_sequence, event_id)
         ) v
       ) v
     ) v WHERE %s',
    CASE WHEN backward THEN 'last - 1' ELSE 'first + 1' END,
    CASE WHEN backward THEN 'neighbour_time, timestamp' ELSE 'timestamp, neighbour_time' END,
    last, first, neighbour, neighbour, events,
    CASE WHEN backward THEN format('n <= last AND n > last - %s', steps)
         ELSE format('n >= first AND n < first + %s AND %s', steps,
                     CASE WHEN end_at IS NULL THEN 'true' ELSE 'n < last' END) END);
END
$$;
COMMENT ON FUNCTION path_steps(text, text, text, integer) IS
'Part of paths(): SQL for the steps of all paths, a row each. node is what the step goes from and neighbour where it '
'leads; with end_at alone, what it leads to and where it comes from.';

CREATE TYPE path_edge AS (
  step integer, node text, neighbour text, actors bigint, visits bigint, median double precision, average bigint);
COMMENT ON TYPE path_edge IS
'An edge of paths(): how often it was taken, by how many actors, and the microseconds from arrival to arrival. node is what '
'the step goes from and neighbour where it leads; with end_at alone, what it leads to and where it comes from.';

CREATE FUNCTION packed_paths(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz,
  gap interval, by_session boolean, has_start boolean, has_end boolean, steps integer, edges integer)
RETURNS SETOF path_edge
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 50
AS 'MODULE_PATHNAME', 'productgraph_packed_paths';
COMMENT ON FUNCTION packed_paths(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, interval, boolean, boolean, boolean,
                                 integer, integer) IS
'Part of paths(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of its '
'sources are nodes, and their first two conditions tell the start and the end. When rows must be asked, one row without '
'a step, whose node is the reason.';

CREATE FUNCTION node_fields(node text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE node WHEN 'event' THEN ARRAY['event.type']
    WHEN 'step' THEN ARRAY['gen_ai.journey.step.id', 'gen_ai.journey.step.name'] ELSE ARRAY[node] END
$$;
COMMENT ON FUNCTION node_fields(text) IS 'The fields that the nodes of node_expression() are made of.';

CREATE FUNCTION paths_from_segments(
  project text, node text, start_at text, end_at text, steps integer, edges integer, groups text[], exclude text[],
  gap interval, since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS path_edge[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.node_fields(node) || productgraph.filter_fields(filter), actor),
    -- Rows know what is wrong with it.
    CASE WHEN actor IS NULL OR NOT isfinite(gap) OR least(extract(year FROM gap), extract(month FROM gap), extract(day FROM gap),
                extract(hour FROM gap), extract(minute FROM gap), extract(second FROM gap)) < 0
           THEN 'the gap or the actor is unusual' END);
  place text;
  source record;
  answer productgraph.path_edge[];
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF reason IS NULL THEN
    place := format('(%s)', productgraph.node_expression(node, groups, exclude));
    source := productgraph.packed_source(project, since, until,
      concat_ws(' AND ', productgraph.filter_condition(filter), CASE WHEN gap IS NULL THEN place || ' IS NOT NULL' END),
      productgraph.condition_mask(ARRAY[format('%s = %L', place, start_at), format('%s = %L', place, end_at)]), place);
    IF cardinality(source.weeks) = 0 THEN
      reason := 'nothing is packed yet';
    ELSE
      answer := ARRAY(SELECT e FROM productgraph.packed_paths(source.org_id, project, source.kinds, source.loose, source.weeks,
        since, until, gap, actor = 'session', start_at IS NOT NULL, end_at IS NOT NULL, steps, edges) e);
      IF cardinality(answer) = 1 AND answer[1].step IS NULL THEN
        reason := answer[1].node;
        answer := NULL;
      END IF;
    END IF;
  END IF;
  PERFORM productgraph.report_path('paths()', reason);
  RETURN answer;
END
$$;
COMMENT ON FUNCTION paths_from_segments(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                                        jsonb, text) IS
'Part of paths(): its edges, NULL when rows must be asked.';

CREATE FUNCTION paths_from_rows(
  project text, node text, start_at text, end_at text, steps integer, edges integer, groups text[], exclude text[],
  gap interval, since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS path_edge[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  events text := productgraph.path_events(productgraph.question_scope(project, since, until, filter),
                                          productgraph.node_expression(node, groups, exclude), gap, actor);
  answer productgraph.path_edge[];
BEGIN
  EXECUTE format(
    'WITH steps AS MATERIALIZED (%s), frequent AS (
       SELECT step, node, neighbour FROM steps GROUP BY step, node, neighbour
       ORDER BY count(*) DESC, step, node COLLATE "C", neighbour COLLATE "C" LIMIT %s
     ), shown AS (
       SELECT step, node FROM frequent UNION SELECT step + %s, neighbour FROM frequent WHERE neighbour IS NOT NULL
     ), folded AS (
       SELECT s.step, CASE WHEN n.node IS NULL THEN ''other'' ELSE s.node END AS node,
         CASE WHEN s.neighbour IS NOT NULL AND f.node IS NULL THEN ''other'' ELSE s.neighbour END AS neighbour,
         s.actor, s.micros
       FROM steps s
       LEFT JOIN frequent f ON f.step = s.step AND f.node = s.node AND f.neighbour = s.neighbour
       LEFT JOIN shown n ON n.step = s.step AND n.node = s.node
     )
     SELECT array_agg(ROW(e.*)::productgraph.path_edge) FROM (
       SELECT step, node, neighbour, count(DISTINCT actor COLLATE "C"), count(*),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision), round(avg(micros))::bigint
       FROM folded GROUP BY step, node, neighbour
     ) e',
    productgraph.path_steps(events, start_at, end_at, steps), edges,
    CASE WHEN start_at IS NULL AND end_at IS NOT NULL THEN -1 ELSE 1 END)
  INTO answer;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION paths_from_rows(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                                    jsonb, text) IS
'Part of paths(): its edges, asked of rows.';

CREATE FUNCTION paths(
  project text, node text DEFAULT 'page.path', start_at text DEFAULT NULL, end_at text DEFAULT NULL,
  steps integer DEFAULT 5, edges integer DEFAULT 50, groups text[] DEFAULT NULL, exclude text[] DEFAULT NULL,
  gap interval DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  filter jsonb DEFAULT '{}', actor text DEFAULT 'user',
  OUT step integer, OUT source text, OUT target text, OUT actors bigint, OUT visits bigint, OUT share numeric,
  OUT average_time interval, OUT median_time interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  backward boolean := start_at IS NULL AND end_at IS NOT NULL;
  answer productgraph.path_edge[];
BEGIN
  IF steps IS NULL OR steps < 1 OR edges IS NULL OR edges < 1 THEN
    RAISE 'steps and edges must be at least 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := productgraph.paths_from_segments(project, node, start_at, end_at, steps, edges, groups, exclude, gap, since, until,
                                             filter, actor);
  IF answer IS NULL THEN
    answer := productgraph.paths_from_rows(project, node, start_at, end_at, steps, edges, groups, exclude, gap, since, until,
                                           filter, actor);
  END IF;
  RETURN QUERY
  SELECT e.step, CASE WHEN backward THEN e.neighbour ELSE e.node END, CASE WHEN backward THEN e.node ELSE e.neighbour END,
    e.actors, e.visits, round(e.visits / sum(e.visits) OVER (PARTITION BY e.step, e.node), 4),
    productgraph.duration_of(e.average), productgraph.duration_of(e.median)
  FROM unnest(answer) e
  ORDER BY e.step, e.visits DESC, e.node COLLATE "C", e.neighbour COLLATE "C" NULLS LAST;
END
$$;
COMMENT ON FUNCTION paths(text, text, text, text, integer, integer, text[], text[], interval, timestamptz, timestamptz,
                          jsonb, text) IS
'The ways taken from node to node, as edges. A node is the value of a field or metadata.KEY, the event type ("event") or the '
'journey step ("step"); events without it are passed over, repeats in a row are one node. groups: globs such as '
'/products/*; the first that matches is the node. exclude: nodes or globs left out. A visit is a session; with gap, the '
'events of an actor with no more than gap between them (an event without a node counts for that, too). Step 1 leaves '
'the first node of the visit, or the first that is start_at; target NULL is where visits end. With end_at too, only '
'visits that get there afterwards count, up to there. With end_at alone step -1 leads to the first end_at of a visit, '
'-2 to the node before; source NULL is where visits begin. steps: how many of them. edges: so many of the most frequent '
'ones are shown, ends and beginnings among them; the others are added up in target (with end_at alone, source) other, '
'nodes without any shown edge are other, too, and ends and beginnings remain. visits: how often, actors: by '
'how many (the actor of the event that is at the source; with end_at alone at the target), share: of the visits of that '
'node at that step (0 to 1, four decimals); times are from arrival to arrival, NULL where visits begin or end. '
'Errors: 42704 unknown project, 42703 unknown field, 22023 wrong range, steps, edges, gap, filter or actor, 22004 NULL in a list.';
