// Packing the events of the store, and what rows and segments take.

const isAboutSegments = (task) => /segment|pack/.test(task);

// Seconds until maintain() has nothing left to pack, and the segments and events in them that there are then.
export async function pack(owner) {
  const started = performance.now();
  for (let done = 1; done > 0; ) {
    const { answer, messages } = await owner.measure('SELECT task, done FROM productgraph.maintain()');
    messages.forEach((message) => console.log(message));
    const tasks = answer.split('\n').map((line) => line.split(','));
    done = tasks.filter(([task]) => isAboutSegments(task)).reduce((sum, [, count]) => sum + Number(count), 0);
  }
  const seconds = (performance.now() - started) / 1000;
  const [[segments, events]] = await owner.rows('SELECT count(*), coalesce(sum(events), 0) FROM productgraph.segments');
  return { seconds, segments: Number(segments), events: Number(events) };
}

// Bytes of the events' rows and of their indexes, and of the segments: what is in them, and all that their table takes.
export async function storage(owner) {
  const [[rows, indexes, content, table]] = await owner.rows(`
    SELECT sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)),
      (SELECT coalesce(sum(pg_column_size(s.*)), 0) FROM productgraph.segments s),
      pg_total_relation_size('productgraph.segments')
    FROM pg_inherits WHERE inhparent = 'productgraph.events'::regclass`);
  return { rows: Number(rows), indexes: Number(indexes), content: Number(content), table: Number(table) };
}
