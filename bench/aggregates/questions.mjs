// The questions, each as a list of ways to ask it. Every way gives the same rows, whatever the engine.
//
// The plain funnels must give what a window anchored at the first step gives: for each step that is reached the latest
// possible start is enough to know, because it has the most of its window left. So both forms carry that start from
// step to step; taking the first event of each step instead, as is often done, counts too few.
const steps = [1, 2, 3, 4, 5];
const window = 3600;

const levels = (condition) => steps.map((k) => `count(*) FILTER (WHERE ${condition(k)})`).join(', ');
const conditions = (events) => events.map((event) => `event = ${event}`).join(', ');

function joinedFunnel() {
  const step = (k) => `s${k} AS (
    SELECT e.user_id, e.ts, max(s.start) AS start FROM s${k - 1} AS s JOIN events AS e ON e.user_id = s.user_id
    WHERE e.event = ${k} AND e.ts >= s.ts AND e.ts <= s.start + INTERVAL '${window} seconds'
    GROUP BY e.user_id, e.ts)`;
  return `WITH s1 AS (SELECT user_id, ts, ts AS start FROM events WHERE event = 1),
    ${steps.slice(1).map(step).join(', ')}
    SELECT ${steps.map((k) => `(SELECT count(DISTINCT user_id) FROM s${k})`).join(', ')}`;
}

// In the order of time the starts of a step only grow, so that the last row of the step before has the latest one.
function asofFunnel() {
  const step = (k) => `s${k} AS (
    SELECT e.user_id, e.ts, s.start FROM (SELECT user_id, ts FROM events WHERE event = ${k}) AS e
    ASOF JOIN s${k - 1} AS s ON e.user_id = s.user_id AND e.ts >= s.ts
    WHERE e.ts <= s.start + INTERVAL '${window} seconds')`;
  return `WITH s1 AS (SELECT user_id, ts, ts AS start FROM events WHERE event = 1),
    ${steps.slice(1).map(step).join(', ')}
    SELECT ${steps.map((k) => `(SELECT count(DISTINCT user_id) FROM s${k})`).join(', ')}`;
}

function windowedFunnel() {
  const over = '(PARTITION BY user_id ORDER BY ts, event ROWS UNBOUNDED PRECEDING)';
  const inTime = (k) => `event = ${k} AND ts <= start${k - 1} + INTERVAL '${window} seconds'`;
  const step = (k) => `r${k} AS (
    SELECT *, max(start${k - 1}) FILTER (WHERE ${inTime(k)}) OVER ${over} AS start${k} FROM r${k - 1})`;
  return `WITH r1 AS (
      SELECT user_id, ts, event, max(ts) FILTER (WHERE event = 1) OVER ${over} AS start1 FROM events WHERE event <= 5),
    ${[2, 3, 4].map(step).join(', ')},
    users AS (
      SELECT user_id, ${[1, 2, 3, 4].map((k) => `bool_or(start${k} IS NOT NULL) AS d${k}`).join(', ')},
        bool_or(${inTime(5)}) AS d5 FROM r4 GROUP BY user_id)
    SELECT ${levels((k) => `d${k}`)} FROM users`;
}

const ourFunnel = `SELECT ${levels((k) => `depth >= ${k}`)} FROM (
  SELECT window_funnel('${window} seconds', ts, ${conditions(steps)}) AS depth
  FROM events WHERE event <= 5 GROUP BY user_id) AS users`;
const theirFunnel = (table) => `SELECT ${steps.map((k) => `countIf(depth >= ${k})`).join(', ')} FROM (
  SELECT windowFunnel(${window})(ts, ${conditions(steps)}) AS depth FROM bench.${table} WHERE event <= 5 GROUP BY user_id)`;

const inClickHouse = (query) => [
  { system: 'clickhouse', how: 'ordered by user and time', query: query('sorted') },
  { system: 'clickhouse', how: 'in order of arrival', query: query('events') },
];

const days = [10, 11, 12, 13];
const onDay = (day) => `ts >= '2026-06-${day} 00:00:00' AND ts < '2026-06-${day + 1} 00:00:00'`;

export const questions = [
  {
    name: 'window_funnel: five steps in an hour',
    ways: [
      { system: 'productgraph', how: 'parallel', query: ourFunnel },
      { system: 'productgraph', how: 'one process', serial: true, query: ourFunnel },
      { system: 'plain SQL', how: 'self-joins', query: joinedFunnel() },
      { system: 'plain SQL', how: 'window functions', query: windowedFunnel() },
      { system: 'duckdb', how: 'self-joins', query: joinedFunnel() },
      { system: 'duckdb', how: 'ASOF joins', query: asofFunnel() },
      ...inClickHouse(theirFunnel),
    ],
  },
  {
    name: 'sequence_match: three events in order',
    ways: [
      {
        system: 'productgraph',
        query: `SELECT count(*) FILTER (WHERE m) FROM (
          SELECT sequence_match('(?1).*(?2).*(?3)', ts, ${conditions([3, 4, 5])}) AS m
          FROM events WHERE event IN (3, 4, 5) GROUP BY user_id) AS users`,
      },
      {
        system: 'plain SQL',
        how: 'a pattern over string_agg',
        query: `SELECT count(*) FILTER (WHERE m) FROM (
          SELECT string_agg(event::text, '' ORDER BY ts) ~ '3.*4.*5' AS m
          FROM events WHERE event IN (3, 4, 5) GROUP BY user_id) AS users`,
      },
      ...inClickHouse(
        (table) => `SELECT countIf(m) FROM (
          SELECT sequenceMatch('(?1).*(?2).*(?3)')(ts, ${conditions([3, 4, 5])}) AS m
          FROM bench.${table} WHERE event IN (3, 4, 5) GROUP BY user_id)`,
      ),
    ],
  },
  {
    name: 'sequence_count: one event right after another',
    ways: [
      {
        system: 'productgraph',
        query: `SELECT sum(n) FROM (SELECT sequence_count('(?1)(?2)', ts, ${conditions([2, 3])}) AS n
          FROM events WHERE event IN (2, 3) GROUP BY user_id) AS users`,
      },
      {
        system: 'plain SQL',
        how: 'lag()',
        query: `SELECT count(*) FROM (
          SELECT event, lag(event) OVER (PARTITION BY user_id ORDER BY ts) AS before
          FROM events WHERE event IN (2, 3)) AS pairs WHERE before = 2 AND event = 3`,
      },
      ...inClickHouse(
        (table) => `SELECT sum(n) FROM (SELECT sequenceCount('(?1)(?2)')(ts, ${conditions([2, 3])}) AS n
          FROM bench.${table} WHERE event IN (2, 3) GROUP BY user_id)`,
      ),
    ],
  },
  {
    name: 'retention: back on the next three days',
    ways: [
      {
        system: 'productgraph',
        query: `SELECT ${days.map((_, i) => `count(*) FILTER (WHERE r[${i + 1}])`).join(', ')} FROM (
          SELECT retention(${days.map(onDay).join(', ')}) AS r FROM events GROUP BY user_id) AS users`,
      },
      {
        system: 'plain SQL',
        how: 'bool_or()',
        query: `SELECT ${days.map((_, i) => `count(*) FILTER (WHERE r0 AND r${i})`).join(', ')} FROM (
          SELECT ${days.map((day, i) => `bool_or(${onDay(day)}) AS r${i}`).join(', ')} FROM events GROUP BY user_id) AS users`,
      },
      ...inClickHouse(
        (table) => `SELECT ${days.map((_, i) => `sum(r[${i + 1}])`).join(', ')} FROM (
          SELECT retention(${days.map(onDay).join(', ')}) AS r FROM bench.${table} GROUP BY user_id)`,
      ),
    ],
  },
  {
    name: 'sequence_next_node: what follows the first cart',
    ways: [
      {
        system: 'productgraph',
        query: `SELECT next, count(*) FROM (
          SELECT sequence_next_node('forward', 'first_match', ts, name, event = 3, event = 3) AS next
          FROM events GROUP BY user_id) AS users WHERE next IS NOT NULL GROUP BY next ORDER BY next`,
      },
      {
        system: 'plain SQL',
        how: 'lead()',
        query: `SELECT next, count(*) FROM (
          SELECT DISTINCT ON (user_id) next FROM (
            SELECT user_id, ts, event, lead(name) OVER (PARTITION BY user_id ORDER BY ts) AS next FROM events) AS pairs
          WHERE event = 3 ORDER BY user_id, ts) AS users WHERE next IS NOT NULL GROUP BY next ORDER BY next`,
      },
      ...inClickHouse(
        (table) => `SELECT next, count() FROM (
          SELECT sequenceNextNode('forward', 'first_match')(ts, CAST(name AS Nullable(String)), event = 3, event = 3) AS next
          FROM bench.${table} GROUP BY user_id) WHERE next IS NOT NULL GROUP BY next ORDER BY next`,
      ),
    ],
  },
];

// What a row costs: the same conditions given to window_funnel() and to count(*) FILTER, in one process. Their answers
// differ, so they are not compared; `conditions` of few rows are those of event 8, a hundredth.
const few = ['event = 8', 'event = 9', 'event = 10', 'event = 11', 'event = 12'];
const many = steps.map((event) => `event = ${event}`);
// count(u) reads all of the row, or PostgreSQL would leave the aggregates out.
const grouped = (list, groupBy) =>
  groupBy
    ? `SELECT count(u) FROM (SELECT ${list} FROM events GROUP BY user_id OFFSET 0) AS u`
    : `SELECT ${list} FROM events`;
const rowCost = (name, listed, groupBy) => ({
  name,
  answersDiffer: true,
  ways: [
    {
      system: 'productgraph',
      how: 'window_funnel()',
      serial: true,
      query: grouped(`window_funnel('${window} seconds', ts, ${listed.join(', ')})`, groupBy),
    },
    {
      system: 'plain SQL',
      how: 'five count(*) FILTER',
      serial: true,
      query: grouped(listed.map((each) => `count(*) FILTER (WHERE ${each})`).join(', '), groupBy),
    },
    { system: 'plain SQL', how: 'count(*)', serial: true, query: grouped('count(*)', groupBy) },
  ],
});

questions.push(
  rowCost('cost of a row: 1 % match, one group', few, false),
  rowCost('cost of a row: 86 % match, one group', many, false),
  rowCost('cost of a row: 1 % match, a group for each user', few, true),
  rowCost('cost of a row: 86 % match, a group for each user', many, true),
);

// Bytes that the backend has allocated, used or not, when all groups are there and the first one is answered.
const memoryOf = (aggregate) => `SELECT (SELECT sum(total_bytes) FROM pg_get_backend_memory_contexts()), answer
  FROM (SELECT ${aggregate} AS answer FROM events GROUP BY user_id OFFSET 0) AS u LIMIT 1`;

// For each share of matching rows: the number of those, of groups that have one, and the memory with window_funnel() and
// with an aggregate whose state is a bigint.
export const memoryQuestions = [
  ['1 % match', few],
  ['86 % match', many],
].map(([name, listed]) => ({
  name,
  rows: `SELECT count(*), count(DISTINCT user_id) FROM events WHERE ${listed.join(' OR ')}`,
  ours: memoryOf(`window_funnel('${window} seconds', ts, ${listed.join(', ')})`),
  base: memoryOf('count(*)'),
}));
