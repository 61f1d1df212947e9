// All partial matches of a pattern, tried one by one: tells what ClickHouse's sequenceMatchEvents answers when it
// does not answer what we do.
const token = /\.\*|\.|\(\?t(<=|>=|==|<|>)(\d+)\)|\(\?(\d+)\)/g;

const meets = {
  '<': (apart, n) => apart < n,
  '<=': (apart, n) => apart <= n,
  '==': (apart, n) => apart === n,
  '>=': (apart, n) => apart >= n,
  '>': (apart, n) => apart > n,
};

// Tokens that take a row: { condition (0 = any), follows(before, after, adjacent) }.
function parse(pattern) {
  const tokens = [];
  let follows = () => true;
  for (const [text, operator, seconds, condition] of pattern.matchAll(token)) {
    if (operator) {
      follows = (before, after) => meets[operator](after.t - before.t, Number(seconds));
    } else if (text === '.*') {
      follows = () => true;
    } else {
      tokens.push({ condition: Number(condition ?? 0), follows });
      follows = (before, after, adjacent) => adjacent;
    }
  }
  return tokens;
}

// { tokens, times } of each partial match; rows of distinct times.
function* partialMatches(tokens, rows, place = 0, last = -1, times = []) {
  for (let i = last + 1; place < tokens.length && i < rows.length; ++i) {
    const { condition, follows } = tokens[place];
    if (place > 0 && !follows(rows[last], rows[i], i === last + 1)) continue;
    if (condition > 0 && !((rows[i].m >> (condition - 1)) & 1)) continue;
    const next = condition > 0 ? [...times, rows[i].t] : times;
    yield { tokens: place + 1, times: next };
    yield* partialMatches(tokens, rows, place + 1, i, next);
  }
}

// Why the answers differ, or null when ours is not one of the longest matches or nothing explains theirs.
export function explainEvents(pattern, allRows, ours, theirs) {
  const rows = allRows.filter((row) => row.m !== 0).sort((a, b) => a.t - b.t);
  const matches = [...partialMatches(parse(pattern), rows)];
  const longest = Math.max(0, ...matches.map((match) => match.tokens));
  const isMatch = (times, tokens) =>
    matches.some((match) => (tokens ?? match.tokens) === match.tokens && match.times.join() === times.join());
  if (!isMatch(ours, longest)) return null;
  if (!isMatch(theirs)) return 'no match';
  if (!isMatch(theirs, longest)) return 'shorter match';
  return null;
}
