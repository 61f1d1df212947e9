// What every engine answers to measure(query): {seconds, answer}, from sending the query to having all of its rows.
// answer is the text of the rows, the same for equal answers; NULL is empty.
const textOf = (rows) => rows.map((row) => row.join(',')).join('\n');

export async function measured(ask) {
  const started = performance.now();
  const rows = await ask();
  return { seconds: (performance.now() - started) / 1000, answer: textOf(rows) };
}
