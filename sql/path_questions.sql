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
    'SELECT (n - %s)::integer AS step, actor, node, neighbour, %s AS duration FROM (
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
    CASE WHEN backward THEN 'timestamp - neighbour_time' ELSE 'neighbour_time - timestamp' END,
    last, first, neighbour, neighbour, events,
    CASE WHEN backward THEN format('n <= last AND n > last - %s', steps)
         ELSE format('n >= first AND n < first + %s AND %s', steps,
                     CASE WHEN end_at IS NULL THEN 'true' ELSE 'n < last' END) END);
END
$$;
COMMENT ON FUNCTION path_steps(text, text, text, integer) IS
'Part of paths(): SQL for the steps of all paths, a row each. node is what the step goes from and neighbour where it '
'leads; with end_at alone, what it leads to and where it comes from.';

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
  events text;
BEGIN
  IF steps IS NULL OR steps < 1 OR edges IS NULL OR edges < 1 THEN
    RAISE 'steps and edges must be at least 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  events := productgraph.path_events(productgraph.question_scope(project, since, until, filter),
                                     productgraph.node_expression(node, groups, exclude), gap, actor);
  RETURN QUERY EXECUTE format(
    'WITH steps AS MATERIALIZED (%s), frequent AS (
       SELECT step, node, neighbour FROM steps GROUP BY step, node, neighbour
       ORDER BY count(*) DESC, step, node COLLATE "C", neighbour COLLATE "C" LIMIT %s
     ), shown AS (
       SELECT step, node FROM frequent UNION SELECT step + %s, neighbour FROM frequent WHERE neighbour IS NOT NULL
     ), folded AS (
       SELECT s.step, CASE WHEN n.node IS NULL THEN ''other'' ELSE s.node END AS node,
         CASE WHEN s.neighbour IS NOT NULL AND f.node IS NULL THEN ''other'' ELSE s.neighbour END AS neighbour,
         s.actor, s.duration
       FROM steps s
       LEFT JOIN frequent f ON f.step = s.step AND f.node = s.node AND f.neighbour = s.neighbour
       LEFT JOIN shown n ON n.step = s.step AND n.node = s.node
     )
     SELECT step, %s, count(DISTINCT actor COLLATE "C"), count(*),
       round(count(*) / sum(count(*)) OVER (PARTITION BY step, node), 4), avg(duration),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY duration)
     FROM folded GROUP BY step, node, neighbour
     ORDER BY step, count(*) DESC, node COLLATE "C", neighbour COLLATE "C" NULLS LAST',
    productgraph.path_steps(events, start_at, end_at, steps), edges,
    CASE WHEN backward THEN -1 ELSE 1 END,
    CASE WHEN backward THEN 'neighbour, node' ELSE 'node, neighbour' END);
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
