// PostgreSQL as a program with a pool sees it: one connection that stays open. Where it is, the usual variables say.
import pg from 'pg';
import { measured } from './measured.mjs';

// Settings are PostgreSQL's own, except that work_mem is enough for hashing: 4 MB, the default, is for many
// connections at once. prepare: statements for each new connection. restart: stops and starts the server.
export async function postgres({ user, settings = [], prepare = [], restart } = {}) {
  const all = ["work_mem = '1GB'", 'search_path = productgraph, public', "timezone = 'UTC'", ...settings];
  let client;
  let said = [];
  const connect = async () => {
    client = new pg.Client({ user, types: { getTypeParser: () => (text) => text } });
    client.on('notice', (notice) => said.push(notice.message));
    await client.connect();
    for (const statement of [...all.map((setting) => `SET ${setting}`), ...prepare]) await client.query(statement);
  };
  await connect();
  const rows = async (query) => (await client.query({ text: query, rowMode: 'array' })).rows;
  return {
    rows,
    ask: async (query) => (await measured(() => rows(query))).answer,
    // messages: what the server says beside the answer, by client_min_messages.
    async measure(query) {
      said = [];
      return { ...(await measured(() => rows(query))), messages: said };
    },
    async cool(dropCaches) {
      await client.end();
      restart(dropCaches);
      await connect();
    },
    close: () => client.end(),
  };
}
