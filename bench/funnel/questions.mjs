// The questions, each with the ways to ask it, ours first. Every way gives the same rows.
import { payment, purchase, visit } from './conditions.mjs';
import { clickhouseWays, inClickhouse, inDuckdb, inPostgres } from './dialects.mjs';
import { funnelQuestion } from './funnels.mjs';

const periods = 8;
const steps = 5;
const edges = 50;

// Rows: the day of an actor's first event, days since then, and how many actors were there again.
const plainRetention = ({ events, actor, day }) => `
  SELECT first, day - first AS away, count(*)
  FROM (SELECT day, min(day) OVER (PARTITION BY actor) AS first
        FROM (SELECT ${actor} AS actor, ${day} AS day FROM ${events} GROUP BY 1, 2) AS days) AS returns
  WHERE day - first < ${periods} GROUP BY 1, 2 ORDER BY 1, 2`;

const retention = {
  name: 'retention_table(): 8 days',
  ways: [
    {
      system: 'productgraph',
      query: `SELECT (cohort_start AT TIME ZONE 'UTC')::date - date '1970-01-01', period_number, actors
        FROM retention_table('bench', period => 'day', periods => ${periods}, timezone => 'UTC')
        WHERE actors > 0 ORDER BY 1, 2`,
    },
    { system: 'plain SQL', query: plainRetention(inPostgres) },
    { system: 'duckdb', query: plainRetention(inDuckdb) },
    ...clickhouseWays(
      'arrays',
      (settings) => `SELECT first, day - first AS away, count() FROM (
          SELECT arrayMin(days) AS first, arrayJoin(days) AS day FROM (
            SELECT groupUniqArray(toInt32(intDiv(ms, 86400000))) AS days
            FROM ${inClickhouse.events} GROUP BY actor ${settings}))
        WHERE away < ${periods} GROUP BY first, away ORDER BY first, away`,
    ),
  ],
};

// Rows: the most frequent edges between pages in the first steps of a session ('' is its end), with visits and actors.
const mostFrequent = "ORDER BY visits DESC, step, source, target = '', target LIMIT";

const plainPaths = ({ events, session, actor, time, page, hasPage }) => `
  SELECT * FROM (
    SELECT step, source, target, count(*) AS visits, count(DISTINCT actor) AS actors
    FROM (SELECT actor, source, row_number() OVER w AS step, coalesce(lead(source) OVER w, '') AS target
          FROM (SELECT *, lag(source) OVER (PARTITION BY session ORDER BY ts) AS previous
                FROM (SELECT ${session} AS session, ${actor} AS actor, ${time} AS ts, ${page} AS source
                      FROM ${events} AND ${hasPage}) AS e) AS e
          WHERE source IS DISTINCT FROM previous WINDOW w AS (PARTITION BY session ORDER BY ts)) AS e
    WHERE step <= ${steps} GROUP BY 1, 2, 3) AS e ${mostFrequent} ${edges}`;

const paths = {
  name: 'paths(): five steps from page to page',
  ways: [
    {
      // What is shown beside the most frequent edges is the rest: added up as other, and ends of what is shown.
      system: 'productgraph',
      how: 'counts and times',
      query: `SELECT * FROM (
          SELECT step, source COLLATE "C" AS source, coalesce(target, '') COLLATE "C" AS target, visits, actors
          FROM paths('bench', steps => ${steps}, edges => ${edges})) AS e
        WHERE source <> 'other' AND target <> 'other' ${mostFrequent} ${edges}`,
    },
    { system: 'plain SQL', how: 'counts', query: plainPaths(inPostgres) },
    { system: 'duckdb', how: 'counts', query: plainPaths(inDuckdb) },
    {
      system: 'clickhouse',
      how: 'counts, arrays',
      query: `SELECT step, source, target, count() AS visits, uniqExact(actor) AS actors FROM (
          SELECT any(actor) AS actor,
            arrayCompact(arraySort((page, at) -> at, groupArray(page_path), groupArray(ms))) AS pages,
            arraySlice(pages, 1, ${steps}) AS sources,
            arrayResize(arraySlice(pages, 2, ${steps}), length(sources), '') AS targets
          FROM ${inClickhouse.events} AND page_path != '' GROUP BY session_id)
        ARRAY JOIN sources AS source, targets AS target, arrayEnumerate(sources) AS step
        GROUP BY step, source, target ${mostFrequent} ${edges}`,
    },
  ],
};

export const questions = [
  funnelQuestion('funnel(): five steps in a day', { steps: purchase, hours: 24, by: 'user' }),
  funnelQuestion('funnel(): five steps in a day, by journey', {
    steps: purchase,
    hours: 24,
    by: 'user',
    breakdown: 'gen_ai.journey.id',
  }),
  funnelQuestion('funnel(): page, component, API in an hour', { steps: payment, hours: 1, by: 'user' }),
  funnelQuestion('funnel(): four steps of a session', { steps: visit, hours: 1, by: 'session' }),
  retention,
  paths,
];
