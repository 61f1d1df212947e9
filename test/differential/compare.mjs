// Compares the aggregates with ClickHouse's on random data: node compare.mjs [ROUNDS] [SEED].
//
// Each line of the table is a case: how many groups were compared, for how many our answer is not empty, for how
// many both answer the same, for how many they differ for a reason given here, and for how many they differ otherwise,
// which fails the run. Examples of what differs, the smallest first, follow the line.
//
// Reasons:
// - undefined: windowFunnel with strict_deduplication and strict_once, where ClickHouse's answer depends on the order
//   of input: of two rows that share a time and a step, the second is the repeat that ends the scan, and which that is
//   decides whether the step had been reached. Ours is that of the order in which the scan ends soonest. Counted only
//   where ClickHouse itself answers differently when the rows come in another order.
// - no match: sequenceMatchEvents answers times that are no match of any part of the pattern (it mixes attempts).
// - shorter match: sequenceMatchEvents counts the (?N) of a partial match to find the longest, we all tokens that take a
//   row, so with `.` ours may be the longer one.
// Left out, because ClickHouse leaves it undefined or has another meaning:
// - patterns over rows of equal time, next nodes of equal time and value;
// - time conditions next to .*, which ClickHouse compares with the row where .* stopped, we with the row matched before;
// - .* at the end of ClickHouse's patterns, not of ours: its sequenceCount then reads past the last row, and the same
//   query answers differently from run to run;
// - time conditions next to each other, (?t!=…), fractions of seconds and interval literals in patterns, windows of
//   days and months: ours alone.
// Older ClickHouse answers the step of the last row where strict_deduplication ends the scan; 26.7 and we answer
// the depth reached.
import { funnelRound, nextNodeRound, patternRound, retentionRound } from './cases.mjs';
import { clickhouse, loadRows, postgres } from './engines.mjs';
import { Random } from './random.mjs';

const rounds = Number(process.argv[2] ?? 10);
const seed = Number(process.argv[3] ?? 1);
const examplesShown = Number(process.env.EXAMPLES ?? 3);
const inputOrders = 12;
const plan = [
  [funnelRound, 2000],
  [patternRound, 1500],
  [nextNodeRound, 3000],
  [retentionRound, 3000],
];
const table = new Map();

function lineOf(name) {
  if (!table.has(name)) table.set(name, { groups: 0, filled: 0, equal: 0, explained: 0, different: 0, examples: [] });
  return table.get(name);
}

const isFilled = (answer) => (Array.isArray(answer) ? answer.some((each) => each !== 0) : answer !== null && answer !== 0);

function shuffled(rows, random) {
  const copy = [...rows];
  for (let i = copy.length - 1; i > 0; --i) {
    const j = random.below(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

// Asks ClickHouse the questions about the rows in other orders: are all answers of a group the same?
function orderDependence(rows, questions, random) {
  const asked = questions.filter((question) => question.mayDependOnInput);
  const seen = new Map();
  for (let i = 0; i < inputOrders && asked.length > 0; ++i) {
    loadRows(i === 0 ? rows : shuffled(rows, random));
    for (const [group, answers] of clickhouse.ask(asked.map((question) => question.clickhouse))) {
      answers.forEach((answer, q) => {
        const key = `${group} ${asked[q].clickhouse}`;
        seen.set(key, (seen.get(key) ?? new Set()).add(JSON.stringify(answer)));
      });
    }
  }
  return (group, question) => (seen.get(`${group} ${question.clickhouse}`)?.size ?? 1) > 1;
}

function groupRows(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.g, [...(groups.get(row.g) ?? []), row]);
  return groups;
}

function compare({ rows, questions, kind }, random) {
  loadRows(rows);
  const ours = postgres.ask(questions.map((question) => question.postgres));
  const theirs = clickhouse.ask(questions.map((question) => question.clickhouse));
  const groups = groupRows(rows);
  if (ours.size !== theirs.size || ours.size !== groups.size) throw new Error('the engines see different groups');
  const dependsOnOrder = orderDependence(rows, questions, random);
  questions.forEach((question, i) => {
    const line = lineOf(`${question.name}, ${kind}`);
    for (const [group, answers] of ours) {
      const [our, their] = [answers[i], theirs.get(group)[i]];
      ++line.groups;
      line.filled += isFilled(our);
      if (JSON.stringify(our) === JSON.stringify(their)) {
        ++line.equal;
        continue;
      }
      const reason = dependsOnOrder(group, question)
        ? 'undefined'
        : (question.explain?.(groups.get(group), our, their) ?? null);
      ++line[reason === null ? 'different' : 'explained'];
      line.examples.push({ label: question.label, our, their, reason, rows: groups.get(group) });
    }
  });
}

function printExamples(examples) {
  // What has no reason first, then the smallest.
  examples.sort((a, b) => (a.reason !== null) - (b.reason !== null) || a.rows.length - b.rows.length);
  const shown = new Map();
  for (const { label, our, their, reason, rows } of examples) {
    shown.set(reason, (shown.get(reason) ?? 0) + 1);
    if (shown.get(reason) > examplesShown) continue;
    const text = rows
      .sort((a, b) => a.t - b.t)
      .map((row) => `${row.t}:${row.m.toString(2)}${row.v === null ? '' : row.v}`)
      .join(' ');
    console.log(
      `      ${reason ?? 'DIFFERENT'}: ${label}: ours ${JSON.stringify(our)}, theirs ${JSON.stringify(their)}: ${text}`,
    );
  }
}

for (let round = 0; round < rounds; ++round) {
  const random = new Random(seed * 1_000_003 + round);
  for (const [makeRound, groups] of plan) compare(makeRound(random, groups), random);
}
console.log(`ClickHouse ${clickhouse.version()}; ${rounds} rounds of seed ${seed}; rows are shown as time:conditions`);
console.log('  groups   filled    equal explained different  case');
const totals = { groups: 0, equal: 0, explained: 0, different: 0 };
for (const [name, line] of table) {
  const cells = [line.groups, line.filled, line.equal, line.explained, line.different];
  console.log(`${cells.map((n, i) => String(n).padStart(i < 3 ? 8 : 9)).join(' ')}  ${name}`);
  printExamples(line.examples);
  for (const key of Object.keys(totals)) totals[key] += line[key];
}
console.log(
  `${totals.groups} answers compared: ${totals.equal} equal, ${totals.explained} explained, ${totals.different} different`,
);
process.exitCode = totals.different > 0 || totals.groups === 0 ? 1 : 0;
