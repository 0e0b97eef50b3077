import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerPages } from './pages.ts';

let directory: string;
let app: FastifyInstance;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  mkdirSync(join(directory, 'assets'));
  mkdirSync(join(directory, 'ui'));
  writeFileSync(join(directory, 'index.html'), 'the playground');
  writeFileSync(join(directory, 'ui/index.html'), 'the dashboard');
  writeFileSync(join(directory, 'assets/page-a1b2.js'), 'void 0');
  app = Fastify();
  registerPages(app, directory);
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true });
});

describe('the pages', () => {
  test.each([
    ['/', 'the playground'],
    ['/index.html', 'the playground'],
    ['/ui/', 'the dashboard'],
  ])('%s is %s, under a policy that admits nothing from elsewhere', async (url, text) => {
    const answer = await app.inject({ url });
    expect([answer.statusCode, answer.body]).toEqual([200, text]);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    expect(answer.headers['cache-control']).toBe('no-cache');
  });

  test('/ui leads to /ui/ by a relative address, so that a path in front of it stays', async () => {
    const answer = await app.inject({ url: '/ui' });
    expect([answer.statusCode, answer.headers.location]).toEqual([302, 'ui/']);
  });

  test('assets have their content in their name and may be kept for ever', async () => {
    const answer = await app.inject({ url: '/assets/page-a1b2.js' });
    expect(answer.headers['cache-control']).toContain('immutable');
  });

  test.each(['/', '/ui', '/ui/'])('%s says how to build them where they are not built', async (url) => {
    const bare = Fastify();
    registerPages(bare, null);
    const answer = await bare.inject({ url });
    expect([answer.statusCode, answer.body]).toEqual([200, 'The pages are not built. Run: npm run build:web\n']);
  });
});
