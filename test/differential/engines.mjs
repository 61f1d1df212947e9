// Both engines read the same file of rows (g, t, v, m) and answer a list of expressions for each group g.
// t: whole seconds; v: text or null; m: bit i for condition i + 1.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

const directory = mkdtempSync(join(tmpdir(), 'differential-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, 'rows.csv');

// Answers are lists of cells for each group; cells are strings, null, or lists of numbers and booleans as 0 and 1.
export function loadRows(rows) {
  writeFileSync(file, rows.map((row) => `${row.g},${row.t},${row.v ?? '\\N'},${row.m}\n`).join(''));
}

const listOf = (count, condition) => Array.from({ length: count }, (_, i) => condition(i)).join(', ');

export const postgres = {
  conditions: (count) => listOf(count, (i) => `(m & ${2 ** i}) <> 0`),
  ask(expressions) {
    const columns = expressions.map((each) => `array_to_json(ARRAY[${each}])`).join(', ');
    const script = `\\set ON_ERROR_STOP on
SET search_path = productgraph, public; SET timezone = 'UTC'; SET client_min_messages = warning;
CREATE TEMP TABLE numbered (g integer, t integer, v text, m bigint);
\\copy numbered FROM '${file}' (FORMAT csv, NULL '\\N')
CREATE TEMP TABLE rows_of_groups AS SELECT g, to_timestamp(t) AS ts, v, m FROM numbered;
COPY (SELECT json_build_array(g, ${columns}) FROM rows_of_groups GROUP BY g ORDER BY g) TO STDOUT;
`;
    const output = execFileSync('psql', ['--no-psqlrc', '--quiet', '--file=-'], {
      input: script,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    return parseLines(output.replaceAll('\\\\', '\\'), postgresCell);
  },
};

function postgresCell([value]) {
  if (typeof value === 'boolean') return Number(value);
  // A list, or the array of an array is one with two dimensions, or empty.
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(postgresElement);
  return value;
}

const postgresElement = (element) => (typeof element === 'string' ? Date.parse(element) / 1000 : Number(element));

const session = new Session();

export const clickhouse = {
  conditions: (count) => listOf(count, (i) => `bitTest(m, ${i})`),
  version: () => session.query('SELECT version()', 'TSV').trim(),
  ask(expressions) {
    // One thread, so that rows come in the order of the file.
    const output = session.query(
      `SELECT g, ${expressions.map((each, i) => `${each} AS c${i}`).join(', ')}
       FROM file('${file}', 'CSV', 'g UInt32, t UInt32, v Nullable(String), m UInt64') GROUP BY g ORDER BY g
       SETTINGS max_threads = 1, allow_experimental_funnel_functions = 1, output_format_json_quote_64bit_integers = 0`,
      'JSONCompactEachRow',
    );
    return parseLines(output, (cell) => cell);
  },
};

function parseLines(output, cellOf) {
  const answers = new Map();
  for (const line of output.split('\n')) {
    if (line === '') continue;
    const [group, ...cells] = JSON.parse(line);
    answers.set(group, cells.map(cellOf));
  }
  return answers;
}
