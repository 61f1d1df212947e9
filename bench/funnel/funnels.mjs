// A funnel {steps, hours, by: 'user' | 'session', breakdown: a field that is the same in all events of an actor}, in
// every language: one row of the actors that reach each step, or one for each value of the field, with that first.
//
// As in bench/aggregates, the plain forms carry the latest start from step to step: it has the most of its window left.
// That funnel() uses an event for one step only makes no difference where no event is two steps.
import { anyOf, columnOf, conditions } from './conditions.mjs';
import { clickhouseWays, inClickhouse, inDuckdb, inPostgres } from './dialects.mjs';

const numbers = (steps) => steps.map((_, i) => i + 1);

export function ourFunnel({ steps, hours, by, breakdown }) {
  const options = `within => '${hours} hours', actor => '${by}'` + (breakdown ? `, breakdown => '${breakdown}'` : '');
  return `SELECT ${breakdown ? 'breakdown_value, ' : ''}string_agg(actors::text, ',' ORDER BY step)
    FROM funnel('bench', '${JSON.stringify(steps)}', ${options})
    ${breakdown ? 'GROUP BY 1 ORDER BY breakdown_value COLLATE "C"' : ''}`;
}

const stepOf = (steps) =>
  `CASE ${conditions(steps).map((condition, i) => `WHEN ${condition} THEN ${i + 1}`).join(' ')} END`;

// Events that are steps: actor, time, step, label.
const stepEvents = ({ steps, by, breakdown }, dialect) => `
  SELECT ${by === 'session' ? dialect.session : dialect.actor} AS actor, ${dialect.time} AS ts, ${stepOf(steps)} AS step,
    ${breakdown ? columnOf(breakdown) : 'NULL'} AS label
  FROM ${dialect.events} AND ${anyOf(steps)}`;

const labelled = ({ breakdown }, counts, from) =>
  breakdown
    ? `SELECT label, ${counts} FROM ${from} GROUP BY label ORDER BY label`
    : `SELECT ${counts} FROM ${from}`;

export function windowedFunnel(funnel, dialect) {
  const ks = numbers(funnel.steps);
  const over = '(PARTITION BY actor ORDER BY ts, step ROWS UNBOUNDED PRECEDING)';
  const inTime = (k) => `step = ${k} AND ts <= start${k - 1} + ${dialect.hours(funnel.hours)}`;
  const reach = (k) => `r${k} AS (
    SELECT *, max(start${k - 1}) FILTER (WHERE ${inTime(k)}) OVER ${over} AS start${k} FROM r${k - 1})`;
  const last = ks.length;
  const depths = ks.map((k) => `bool_or(${k < last ? `start${k} IS NOT NULL` : inTime(k)}) AS d${k}`).join(', ');
  return `WITH r1 AS (
      SELECT *, max(ts) FILTER (WHERE step = 1) OVER ${over} AS start1 FROM (${stepEvents(funnel, dialect)}) AS e),
    ${ks.slice(1, -1).map(reach).join(', ')},
    actors AS (SELECT min(label) AS label, ${depths} FROM r${last - 1} GROUP BY actor)
    ${labelled(funnel, ks.map((k) => `count(*) FILTER (WHERE d${k})`).join(', '), 'actors')}`;
}

// In the order of time the starts of a step only grow, so that the last row of the step before has the latest one.
export function asofFunnel(funnel, dialect) {
  const ks = numbers(funnel.steps);
  const reach = (k) => `s${k} AS (
    SELECT e.actor, e.ts, e.label, s.start
    FROM (SELECT * FROM e WHERE step = ${k}) AS e ASOF JOIN s${k - 1} AS s ON e.actor = s.actor AND e.ts >= s.ts
    WHERE e.ts <= s.start + ${dialect.hours(funnel.hours)})`;
  const reached = ks.map((k) => `SELECT actor, label, ${k} AS k FROM s${k}`).join(' UNION ALL ');
  return `WITH e AS MATERIALIZED (${stepEvents(funnel, dialect)}),
    s1 AS (SELECT actor, ts, label, ts AS start FROM e WHERE step = 1), ${ks.slice(1).map(reach).join(', ')}
    ${labelled(funnel, ks.map((k) => `count(DISTINCT actor) FILTER (WHERE k = ${k})`).join(', '), `(${reached})`)}`;
}

export function clickhouseFunnel(funnel, settings) {
  const { steps, hours, by, breakdown } = funnel;
  const counts = numbers(steps).map((k) => `countIf(depth >= ${k})`).join(', ');
  const actors = `(
    SELECT ${breakdown ? `any(${columnOf(breakdown)}) AS label, ` : ''}
      windowFunnel(${inClickhouse.hours(hours)})(ms, ${conditions(steps).join(', ')}) AS depth
    FROM ${inClickhouse.events} AND ${anyOf(steps)} GROUP BY ${by === 'session' ? 'session_id' : 'actor'} ${settings})`;
  return labelled(funnel, counts, actors);
}

export const funnelQuestion = (name, funnel) => ({
  name,
  ways: [
    { system: 'productgraph', how: 'counts and times', query: ourFunnel(funnel) },
    { system: 'plain SQL', how: 'counts, window functions', query: windowedFunnel(funnel, inPostgres) },
    { system: 'duckdb', how: 'counts, ASOF joins', query: asofFunnel(funnel, inDuckdb) },
    { system: 'duckdb', how: 'counts, window functions', query: windowedFunnel(funnel, inDuckdb) },
    ...clickhouseWays('counts', (settings) => clickhouseFunnel(funnel, settings)),
  ],
});
