import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { measured } from './measured.mjs';

export async function duckdb(directory) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'events.duckdb');
  let instance;
  let connection;
  const open = async () => {
    instance = await DuckDBInstance.create(file);
    connection = await instance.connect();
  };
  await open();
  const rows = async (query) => (await connection.runAndReadAll(query)).getRows();
  return {
    version: String((await rows('SELECT version()'))[0][0]),
    run: (statement) => connection.run(statement),
    ask: rows,
    measure: (query) => measured(() => rows(query)),
    // Of its file, without what is free in it.
    bytes: async () => Number((await rows('SELECT used_blocks * block_size FROM pragma_database_size()'))[0][0]),
    async cool(dropCaches) {
      connection.closeSync();
      instance.closeSync();
      dropCaches();
      await open();
    },
  };
}
