import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { buildPage } from './built-page.ts';

it('the dashboard loads less than 60 kB of script, gzipped, and only it loads the plots', async () => {
  const pageFolder = await buildPage();
  const scriptsOf = (html: string) =>
    [...html.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name]) => readFileSync(join(pageFolder, 'assets', name!)));
  const [dashboard, playground] = ['ui/index.html', 'index.html'].map((path) =>
    scriptsOf(readFileSync(join(pageFolder, path), 'utf8')),
  );
  const size = (scripts: Buffer[]) => scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
  expect(size(dashboard!)).toBeLessThan(60_000);
  expect(dashboard!.some((script) => script.includes('uplot'))).toBe(true);
  expect(playground!.some((script) => script.includes('uplot'))).toBe(false);
});
