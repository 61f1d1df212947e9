import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `code`, which may import from './dist/…' and from packages, as a script for a page. */
export async function bundle(code, format = 'iife') {
  const result = await build({
    stdin: { contents: code, resolveDir: root, loader: 'jsx' },
    bundle: true,
    minify: true,
    format,
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  return result.outputFiles[0].text;
}
