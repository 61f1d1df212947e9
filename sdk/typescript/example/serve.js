// node example/serve.js: the shop's page, and in front of nothing its back end.
//   PORT                    8090
//   API_URL                 http://127.0.0.1:8081   sdk/go/example; when nothing answers there, one in Node.js is started
//   INVENTORY_URL           http://127.0.0.1:8082   sdk/cpp/example
//   PRODUCTGRAPH_ENDPOINT   http://127.0.0.1:8080   the sidecar; PRODUCTGRAPH_API_KEY, PRODUCTGRAPH_PROJECT_ID (proj_demo)

import { build } from 'esbuild';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startBackEnd } from './back_end.js';

const { env } = process;
const settings = {
  api: env.API_URL || 'http://127.0.0.1:8081',
  endpoint: env.PRODUCTGRAPH_ENDPOINT || 'http://127.0.0.1:8080',
  apiKey: env.PRODUCTGRAPH_API_KEY,
  projectId: env.PRODUCTGRAPH_PROJECT_ID || 'proj_demo',
};

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><div id="root"></div>
<script>settings = ${JSON.stringify(settings).replaceAll('<', '\\u003c')}</script><script src="/shop.js"></script>`;

async function bundle() {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('shop.jsx', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  return result.outputFiles[0].text;
}

function answers({ hostname, port }) {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

const script = await bundle();
const server = createServer((request, response) => {
  const isScript = request.url === '/shop.js';
  response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8' });
  response.end(isScript ? script : page);
});
server.listen(Number(env.PORT || 8090), '127.0.0.1', () =>
  console.log(`the shop is open on http://127.0.0.1:${server.address().port}`),
);

let backEnd;
const api = new URL(settings.api);
if (await answers(api)) {
  console.log(`its back end is the one on ${settings.api}`);
} else {
  backEnd = await startBackEnd({
    ...settings,
    port: Number(api.port),
    inventory: env.INVENTORY_URL || 'http://127.0.0.1:8082',
  });
  console.log(`its back end is one in Node.js, on ${settings.api}`);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close();
    await backEnd?.stop();
    process.exit(0);
  });
}
