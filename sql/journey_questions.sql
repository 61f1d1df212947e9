-- Journeys: declared ones, and how visits compare with them; and the graph of what is done at all.

CREATE FUNCTION create_journey(project text, id text, steps steps, name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  list jsonb := steps::jsonb;
BEGIN
  IF coalesce(create_journey.id, '') = '' OR create_journey.name = '' THEN
    RAISE 'a journey needs an id, and its name must not be empty' USING ERRCODE = 'invalid_parameter_value';
  ELSIF list IS NULL OR jsonb_typeof(list) <> 'array' OR jsonb_array_length(list) NOT BETWEEN 1 AND 32 THEN
    RAISE 'a journey needs a list of 1 to 32 steps' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Planning the conditions finds values that are not of their field's type.
  EXECUTE (SELECT format('SELECT FROM productgraph.events e WHERE false AND (%s)',
                         string_agg(productgraph.step_condition(s.value), ' OR ')) FROM jsonb_array_elements(list) s);
  INSERT INTO productgraph.journeys (org_id, project_id, id, name, steps)
  VALUES (productgraph.project_org(project), project, create_journey.id,
          coalesce(create_journey.name, create_journey.id), list);
  RETURN create_journey.id;
EXCEPTION WHEN unique_violation THEN
  RAISE 'project "%" has a journey "%" already', project, create_journey.id USING ERRCODE = 'unique_violation';
END
$$;
COMMENT ON FUNCTION create_journey(text, text, steps, text) IS
'Declares a journey, the 1 to 32 steps users are meant to take, and returns its id: what events carry as '
'gen_ai.journey.id. name: the id when NULL. Errors: 42704 unknown project, 23505 the id is taken, 42703 unknown field, '
'22023 wrong id or steps, 22P02 a value that is not of its field''s type, 42501 no right to write productgraph.journeys.';

CREATE FUNCTION drop_journey(project text, id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM productgraph.journeys j
  WHERE j.org_id = productgraph.project_org(project) AND j.project_id = project AND j.id = drop_journey.id;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION drop_journey(text, text) IS
'Forgets a declared journey, none of its events; false when there is none of that id. Errors as of create_journey().';

CREATE FUNCTION journey_steps(project text, journey text) RETURNS steps
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
  list jsonb := (SELECT j.steps FROM productgraph.journeys j
                 WHERE j.org_id = org AND j.project_id = project AND j.id = journey);
BEGIN
  IF list IS NULL THEN
    RAISE 'journey "%" does not exist in project "%"', journey, project USING ERRCODE = 'undefined_object',
      HINT = 'Journeys are declared with productgraph.create_journey().';
  END IF;
  RETURN list;
END
$$;
COMMENT ON FUNCTION journey_steps(text, text) IS
'The steps of a declared journey. Error 42704 when there is no such project or journey.';

CREATE FUNCTION journey_condition(journey text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN journey IS NULL THEN 'true' ELSE format('e.journey_id IS NOT DISTINCT FROM %L', journey) END
$$;
COMMENT ON FUNCTION journey_condition(text) IS
'SQL for whether an event is of a journey, over the alias e of events; NULL stands for any.';

CREATE FUNCTION journey_visits(scope text, node text, actor text, journey text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  of_journey text := productgraph.journey_condition(journey);
BEGIN
  -- arrival tells the first event of a visit: its node is not that of the event with a node before it.
  RETURN format(
    'SELECT *, lead(node) OVER w AS next, productgraph.micros_between(arrived, coalesce(lead(arrived) OVER w, nullif(latest, arrived))) AS micros,
       max(converted) OVER (PARTITION BY session_id) >= arrived AS converts
     FROM (
       SELECT session_id, visit, min(node) FILTER (WHERE arrival) AS node, min(actor) FILTER (WHERE arrival) AS actor,
         min(timestamp) AS arrived, max(timestamp) AS latest, count(*) FILTER (WHERE event_type = ''error'') AS errors,
         max(timestamp) FILTER (WHERE conversion) AS converted, max(snapshot) AS snapshot
       FROM (
         SELECT *, count(*) FILTER (WHERE arrival) OVER (PARTITION BY session_id ORDER BY timestamp, event_sequence, event_id) AS visit
         FROM (
           SELECT *, node IS NOT NULL AND node IS DISTINCT FROM lag(node) OVER (
             PARTITION BY session_id, node IS NULL ORDER BY timestamp, event_sequence, event_id) AS arrival
           FROM (
             SELECT e.session_id COLLATE "C" AS session_id, %s AS actor,
               (CASE WHEN %s THEN %s END) COLLATE "C" AS node, e.timestamp, e.event_sequence, e.event_id, e.event_type,
               e.event_type = ''journey.conversion'' AND %s AS conversion,
               CASE WHEN e.event_type = ''snapshot.captured'' AND e.snapshot_url IS NOT NULL
                 THEN ARRAY[to_char(e.timestamp AT TIME ZONE ''UTC'', ''YYYYMMDDHH24MISSUS''), e.snapshot_url] END AS snapshot
             FROM productgraph.events e WHERE %s AND %s IS NOT NULL
           ) v
         ) v
       ) v GROUP BY session_id, visit
     ) v WINDOW w AS (PARTITION BY session_id ORDER BY visit)',
    productgraph.actor_expression(actor), of_journey, node, of_journey, scope, productgraph.actor_expression(actor));
END
$$;
COMMENT ON FUNCTION journey_visits(text, text, text, text) IS
'Part of journey_graph(): SQL for the visits of nodes; node is NULL for what a session did before the first one.';

CREATE TYPE graph_part AS (
  is_node boolean, source text, target text, visits bigint, actors bigint, exits bigint, errors bigint, converts bigint,
  median double precision, latest_snapshot text);
COMMENT ON TYPE graph_part IS
'A node of journey_graph(), or an edge from it: converts is how many of the visits have a conversion at or after their beginning, '
'median is in microseconds.';

CREATE FUNCTION packed_journey_graph(
  org_id uuid, project text, kinds text, loose text, weeks timestamptz[], since timestamptz, until timestamptz, by_session boolean,
  OUT is_node boolean, OUT source text, OUT target text, OUT visits bigint, OUT actors bigint, OUT exits bigint, OUT errors bigint,
  OUT converts bigint, OUT median double precision)
RETURNS SETOF record
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100
AS 'MODULE_PATHNAME', 'productgraph_packed_journey_graph';
COMMENT ON FUNCTION packed_journey_graph(uuid, text, text, text, timestamptz[], timestamptz, timestamptz, boolean) IS
'Part of journey_graph(): asks the segments of the weeks, and the events of the query loose, as packed_source() has them; labels of '
'its sources are nodes, and their three conditions tell conversions, errors and snapshots. When rows must be asked, one row '
'with is_node NULL, whose source is the reason.';

CREATE FUNCTION journey_graph_from_segments(
  project text, node text, journey text, groups text[], exclude text[], since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS graph_part[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  reason text := coalesce(
    productgraph.rows_instead_of_segments(project, productgraph.node_fields(node) || productgraph.filter_fields(filter)
      || 'event.type'::text || CASE WHEN journey IS NOT NULL THEN 'gen_ai.journey.id' END, actor),
    CASE WHEN actor IS NULL THEN 'the actor is unknown' END);
  of_journey text := productgraph.journey_condition(journey);
  source record;
  answer productgraph.graph_part[];
BEGIN
  PERFORM productgraph.check_range(since, until);
  IF reason IS NULL THEN
    source := productgraph.packed_source(project, since, until, productgraph.filter_condition(filter),
      productgraph.condition_mask(ARRAY[format('e.event_type = ''journey.conversion'' AND %s', of_journey),
        'e.event_type = ''error''', 'e.event_type = ''snapshot.captured''']),
      format('CASE WHEN %s THEN %s END', of_journey, productgraph.node_expression(node, groups, exclude)));
    IF cardinality(source.weeks) = 0 THEN
      reason := 'nothing is packed yet';
    ELSE
      answer := ARRAY(SELECT ROW(g.*, NULL)::productgraph.graph_part FROM productgraph.packed_journey_graph(
        source.org_id, project, source.kinds, source.loose, source.weeks, since, until, actor = 'session') g);
      IF cardinality(answer) = 1 AND answer[1].is_node IS NULL THEN
        reason := answer[1].source;
        answer := NULL;
      END IF;
    END IF;
  END IF;
  PERFORM productgraph.report_path('journey_graph()', reason);
  RETURN answer;
END
$$;
COMMENT ON FUNCTION journey_graph_from_segments(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Part of journey_graph(): its nodes and edges, NULL when rows must be asked.';

CREATE FUNCTION journey_graph_from_rows(
  project text, node text, journey text, groups text[], exclude text[], since timestamptz, until timestamptz, filter jsonb, actor text)
RETURNS graph_part[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer productgraph.graph_part[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(ROW(g.*)::productgraph.graph_part) FROM (
       SELECT grouping(next) = 1, node COLLATE "default", next COLLATE "default", count(*), count(DISTINCT actor COLLATE "C"),
         count(*) FILTER (WHERE next IS NULL), sum(errors)::bigint, count(*) FILTER (WHERE converts),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY micros::double precision), (max(snapshot))[2]
       FROM (%s) v WHERE node IS NOT NULL GROUP BY GROUPING SETS ((node), (node, next))
     ) g',
    productgraph.journey_visits(productgraph.question_scope(project, since, until, filter),
                                productgraph.node_expression(node, groups, exclude), actor, journey))
  INTO answer;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION journey_graph_from_rows(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Part of journey_graph(): its nodes and edges, asked of rows.';

CREATE FUNCTION journey_graph(
  project text, node text DEFAULT 'page.path', journey text DEFAULT NULL, groups text[] DEFAULT NULL,
  exclude text[] DEFAULT NULL, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity',
  filter jsonb DEFAULT '{}', actor text DEFAULT 'user',
  OUT kind text, OUT source text, OUT target text, OUT visits bigint, OUT actors bigint, OUT share numeric,
  OUT exits bigint, OUT errors bigint, OUT conversion numeric, OUT median_duration interval, OUT latest_snapshot text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  answer productgraph.graph_part[] := productgraph.journey_graph_from_segments(
    project, node, journey, groups, exclude, since, until, filter, actor);
BEGIN
  IF answer IS NULL THEN
    answer := productgraph.journey_graph_from_rows(project, node, journey, groups, exclude, since, until, filter, actor);
  END IF;
  RETURN QUERY
  SELECT CASE WHEN g.is_node THEN 'node' ELSE 'edge' END, g.source, g.target, g.visits, g.actors,
    round(g.visits / sum(g.visits) OVER (PARTITION BY g.is_node, CASE WHEN NOT g.is_node THEN g.source END), 4),
    g.exits, g.errors, round(g.converts::numeric / g.visits, 4), productgraph.duration_of(g.median), g.latest_snapshot
  FROM unnest(answer) g
  ORDER BY g.is_node DESC, g.visits DESC, g.source COLLATE "C", g.target COLLATE "C" NULLS LAST;
END
$$;
COMMENT ON FUNCTION journey_graph(text, text, text, text[], text[], timestamptz, timestamptz, jsonb, text) IS
'Nodes and the edges between them, as sessions visit them. Kind node: source is the node. Kind edge: from source to target, '
'NULL where sessions end. node, groups and exclude are those of paths(); journey: nodes and conversions only of events with '
'that gen_ai.journey.id. A visit lasts until an event with another node; events without a node belong to the visit before them. '
'Of an edge, everything is about the visits of source that end by it. visits: how many, actors: by how many (the actor of '
'the first event), share: of the visits of all nodes or of source (0 to 1, four decimals), exits: visits that end the '
'session, errors: events of type error, conversion: the share of visits at or after whose beginning the session has a '
'journey.conversion, median_duration: until the next visit, at an exit to the last event (unknown when it is the first), '
'latest_snapshot: snapshot.url of the latest snapshot.captured. Errors: 42704 unknown project, 42703 unknown field, 22023 '
'wrong range, filter or actor, 22004 NULL in a list.';
