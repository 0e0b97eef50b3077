import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../scripts/infrastructure-test.ts', import.meta.url));

const run = (...words: string[]) =>
  new Promise<{ status: unknown; said: string }>((done) => {
    execFile(process.execPath, [script, ...words], (error, stdout, stderr) =>
      done({ status: error === null ? 0 : error.code, said: stdout + stderr }),
    );
  });

test('a folder that there is not is told in one line, with those that there are', async () => {
  const { status, said } = await run('--only', 'nonsense');
  expect(said).toMatch(/^--only nonsense: no folder of infrastructure with HCL; there are .*modules\/api, .*topologies\/gpu\n$/);
  expect(status).toBe(1);
});

test.each([
  [['--onyl', 'x'], /^Unknown option '--onyl'/],
  [['--jobs', 'many'], /^--jobs many: it must be a whole number/],
])('%j is refused with how it is used, and no stack', async (words, told) => {
  const { status, said } = await run(...words);
  expect(said).toMatch(told);
  expect(said).toMatch(/\nnode scripts\/infrastructure-test\.ts \[--only modules\/api\] \[--jobs 2\]\n$/);
  expect(said).not.toContain('    at ');
  expect(status).toBe(1);
});
