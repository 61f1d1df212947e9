// What differs between PostgreSQL and DuckDB in the same plain SQL, and what ClickHouse has of its own.
const hourMs = 3600000;

export const inPostgres = {
  events: "productgraph.events WHERE project_id = 'bench'",
  actor: 'coalesce(user_id, user_anonymous_id, session_id) COLLATE "C"',
  session: 'session_id COLLATE "C"',
  time: 'timestamp',
  hours: (n) => `interval '${n} hours'`,
  day: "((timestamp AT TIME ZONE 'UTC')::date - date '1970-01-01')",
  page: 'page_path COLLATE "C"',
  hasPage: 'page_path IS NOT NULL',
};

export const inDuckdb = {
  events: "events WHERE project_id = 'bench'",
  actor: 'actor',
  session: 'session_id',
  time: 'ms',
  hours: (n) => n * hourMs,
  day: `(ms // ${24 * hourMs})`,
  page: 'page_path',
  hasPage: "page_path <> ''",
};

export const inClickhouse = { events: "bench.events WHERE project_id = 'bench'", hours: (n) => n * hourMs };

// ClickHouse can group by a hash table or, as its table is sorted by actor, in that order; which is faster depends.
export const clickhouseWays = (how, query) => [
  { system: 'clickhouse', how: `${how}, by hashing`, query: query('') },
  { system: 'clickhouse', how: `${how}, in order`, query: query('SETTINGS optimize_aggregation_in_order = 1') },
];
