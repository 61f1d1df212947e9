// Packing the events of the store, and what rows and segments take.

const isAboutSegments = (task) => /segment|pack/.test(task);

// Seconds until maintain() has nothing left to pack, and how many segments there are then.
export async function pack(owner) {
  const started = performance.now();
  for (let done = 1; done > 0; ) {
    const tasks = await owner.rows('SELECT task, done FROM productgraph.maintain()');
    done = tasks.filter(([task]) => isAboutSegments(task)).reduce((sum, [, count]) => sum + Number(count), 0);
  }
  const seconds = (performance.now() - started) / 1000;
  return { seconds, segments: Number(await owner.ask('SELECT count(*) FROM productgraph.segments')) };
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
