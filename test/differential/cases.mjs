// The cases: random rows, and the expressions that both engines answer about them.
import { explainEvents } from './chains.mjs';
import { clickhouse, postgres } from './engines.mjs';

// Groups of up to `most` rows. `times`: how many different times there are; distinct: no two rows of a group share
// one. `density`: how many masks are combined by AND, so that fewer conditions hold; 0 = exactly one condition.
function makeRows(random, { groups, most, times, distinct, conditions, density, blanks, values }) {
  const rows = [];
  for (let g = 1; g <= groups; ++g) {
    const used = new Set();
    for (let count = random.below(most + 1); count > 0; --count) {
      const t = random.between(1, times);
      const v = values && !random.oneIn(10) ? random.pick(values) : null;
      const key = `${t} ${distinct === 'value' ? v : ''}`;
      if (distinct && used.has(key)) continue;
      used.add(key);
      let m = density === 0 ? 1 << random.below(conditions) : 2 ** conditions - 1;
      for (let i = 0; i < density; ++i) m &= random.below(2 ** conditions);
      rows.push({ g, t, v, m: blanks && random.oneIn(blanks) ? 0 : m });
    }
  }
  return rows;
}

const modesOf = ['strict_deduplication', 'strict_order', 'strict_increase', 'strict_once', 'allow_reentry'];

function modeCombinations() {
  const all = [];
  for (let bits = 0; bits < 32; ++bits) {
    const modes = modesOf.filter((_, i) => (bits >> i) & 1);
    if (!modes.includes('allow_reentry') || modes.includes('strict_order')) all.push(modes);
  }
  return all;
}

function funnelQuestion(modes, steps, window) {
  const list = modes.map((mode) => `, '${mode}'`).join('');
  return {
    name: `windowFunnel ${modes.join(' ') || 'default'}`,
    label: `${steps} steps, window ${window}, ${modes.join(',')}`,
    postgres: `window_funnel('${window} s', '${modes.join(',')}', ts, ${postgres.conditions(steps)})`,
    clickhouse: `windowFunnel(${window}${list})(t, ${clickhouse.conditions(steps)})`,
    // Which of two rows that share a time and a step comes first is left to the order of input there.
    mayDependOnInput: modes.includes('strict_deduplication') && modes.includes('strict_once'),
  };
}

export function funnelRound(random, groups) {
  const steps = random.pick([2, 3, 4, 5, 5, 8]);
  const distinct = random.oneIn(2);
  const rows = makeRows(random, {
    groups,
    most: random.between(3, 10),
    times: distinct ? random.between(6, 30) : random.between(1, 8),
    distinct,
    conditions: steps,
    density: random.below(4),
    blanks: random.pick([0, 4, 12]),
  });
  const windows = [random.between(1, 4), random.between(5, 30)];
  const questions = modeCombinations().flatMap((modes) => windows.map((window) => funnelQuestion(modes, steps, window)));
  return { rows, questions, kind: distinct ? 'distinct times' : 'ties' };
}

// Time conditions stand between two tokens that take a row, one at a time and apart from .*: see compare.mjs.
function randomPattern(random, conditions, operators) {
  let pattern = '';
  for (let i = 0, tokens = random.between(1, 5); i < tokens; ++i) {
    if (i > 0 && operators.length > 0 && random.oneIn(2)) pattern += `(?t${random.pick(operators)}${random.below(7)})`;
    else if (random.oneIn(3)) pattern += '.*';
    pattern += random.oneIn(5) ? '.' : `(?${random.between(1, conditions)})`;
  }
  return random.oneIn(6) ? `${pattern}.*` : pattern;
}

function patternQuestions(pattern, kind, conditions) {
  return [
    ['sequenceMatch', 'sequence_match'],
    ['sequenceCount', 'sequence_count'],
    ['sequenceMatchEvents', 'sequence_match_events'],
  ].map(([theirs, ours]) => ({
    name: `${theirs} ${kind}`,
    label: pattern,
    postgres: `${ours}('${pattern}', ts, ${postgres.conditions(conditions)})`,
    // A .* at the end asks for nothing, and has ClickHouse read past the last row.
    clickhouse: `${theirs}('${pattern.replace(/\.\*$/, '')}')(t, ${clickhouse.conditions(conditions)})`,
    explain:
      theirs === 'sequenceMatchEvents' ? (rows, our, their) => explainEvents(pattern, rows, our, their) : undefined,
  }));
}

export function patternRound(random, groups) {
  const conditions = random.between(2, 4);
  const rows = makeRows(random, {
    groups,
    most: random.between(3, 12),
    times: random.between(12, 30),
    distinct: true,
    conditions,
    density: random.below(3),
    blanks: random.pick([0, 5]),
  });
  const kinds = [
    ['without times', []],
    ['with times', ['<', '<=', '>', '>=', '==']],
  ];
  const questions = kinds.flatMap(([kind, operators]) =>
    Array.from({ length: 15 }, () => patternQuestions(randomPattern(random, conditions, operators), kind, conditions)).flat(),
  );
  return { rows, questions, kind: 'distinct times' };
}

const directions = [
  ['forward', 'head'],
  ['forward', 'first_match'],
  ['forward', 'last_match'],
  ['backward', 'tail'],
  ['backward', 'first_match'],
  ['backward', 'last_match'],
];

// Condition 1 is the base condition; the steps are the others.
export function nextNodeRound(random, groups) {
  const steps = random.between(1, 3);
  const distinct = random.pick([true, 'value']);
  const rows = makeRows(random, {
    groups,
    most: random.between(2, 8),
    times: distinct === true ? 30 : 5,
    distinct,
    conditions: steps + 1,
    density: 1,
    values: ['A', 'B', 'C', 'Ä', 'a', 'empty'],
  });
  // More chains: most rows can be their base.
  for (const row of rows) row.m |= random.oneIn(4) ? 0 : 1 | (1 << random.between(1, steps));
  const list = (engine) => engine.conditions(steps + 1);
  const questions = directions.map(([direction, base]) => ({
    name: `sequenceNextNode ${direction} ${base}`,
    label: `${steps} steps`,
    postgres: `sequence_next_node('${direction}', '${base}', ts, replace(v, 'empty', ''), ${list(postgres)})`,
    clickhouse: `sequenceNextNode('${direction}', '${base}')(t, replaceAll(v, 'empty', ''), ${list(clickhouse)})`,
  }));
  return { rows, questions, kind: distinct === true ? 'distinct times' : 'ties of different values' };
}

export function retentionRound(random, groups) {
  const conditions = random.pick([2, 3, 5, 31, 32]);
  const rows = makeRows(random, {
    groups,
    most: random.between(1, 6),
    times: 5,
    distinct: false,
    conditions: Math.min(conditions, 30),
    density: random.below(3),
    blanks: 5,
  });
  for (const row of rows) row.m |= random.oneIn(4) ? 1 : 0;
  const question = {
    name: 'retention',
    label: `${conditions} conditions`,
    postgres: `retention(${postgres.conditions(conditions)})`,
    clickhouse: `retention(${clickhouse.conditions(conditions)})`,
  };
  return { rows, questions: [question], kind: 'any' };
}
