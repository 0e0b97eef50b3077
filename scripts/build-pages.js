// Builds the web pages into web/dist: after `npm ci` (prepare), and before `npm start` where they are missing. Plain JavaScript, so that an
// older Node can run it too. Without the build tools (npm ci --omit=dev) the gateway runs without pages, and says so at `/`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../web', import.meta.url));
const isBuilt = existsSync(`${root}/dist/index.html`);
const onlyIfMissing = process.argv.includes('--if-missing');

if (existsSync(`${root}/vite.config.ts`) && !(onlyIfMissing && isBuilt)) {
  const vite = await import('vite').catch(() => undefined);
  if (vite === undefined) process.stderr.write('The web pages are not built: vite is not installed.\n');
  else await vite.build({ root, configFile: `${root}/vite.config.ts`, logLevel: 'warn' });
}
