import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureFolder } from './model-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a folder is made with its parents, also by several at once, and one that is there is fine', async () => {
  const deep = join(folder, 'a', 'b', 'c');
  await Promise.all([ensureFolder(deep), ensureFolder(deep), ensureFolder(join(folder, 'a', 'd'))]);
  await ensureFolder(deep);
  expect((await stat(deep)).isDirectory()).toBe(true);
});

test('a folder below a file is a storage error that says what to do', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(ensureFolder(join(folder, 'file', 'models'))).rejects.toMatchObject({
    kind: 'storage',
    message: expect.stringMatching(/cannot write .*choose another one with SLUICE_DATA/) as string,
  });
});

// Linux alone has this file system, in which Node's own recursive mkdir never ends.
test.skipIf(!existsSync('/proc/self'))('a place where nothing can be made is an error at once', async () => {
  await expect(ensureFolder('/proc/nope/models')).rejects.toMatchObject({
    kind: 'storage',
    message: 'no folder can be made at /proc/nope/models; choose another one with SLUICE_DATA',
  });
});
