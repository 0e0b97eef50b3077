import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const webFolder = new URL('../../web/', import.meta.url).pathname;

/** The sources of the page: everything in `web/` but what the build makes and installs. */
function newestSourceMs(): number {
  const files = readdirSync(webFolder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !/^(dist|node_modules)(\/|$)/.test(path),
  );
  return Math.max(...files.map((path) => statSync(join(webFolder, path)).mtimeMs));
}

/** Builds `web/dist` unless it is newer than its sources. Returns the folder. */
export async function buildPage(): Promise<string> {
  const dist = join(webFolder, 'dist');
  const index = join(dist, 'index.html');
  if (existsSync(index) && statSync(index).mtimeMs > newestSourceMs()) return dist;
  // Vite takes the build for a production one by this variable, which the test runner has set to "test".
  const { NODE_ENV } = process.env;
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ root: webFolder, logLevel: 'warn' });
  } finally {
    process.env['NODE_ENV'] = NODE_ENV;
  }
  return dist;
}
