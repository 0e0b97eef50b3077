import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesWith } from './secrets.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const find = () => filesWith(['top-secret'], folder, 'python3');

test('a secret is found in a plain file of a folder below, and inside of base64', async () => {
  mkdirSync(join(folder, 'states'));
  writeFileSync(join(folder, 'states/0'), '{"value": "top-secret"}');
  writeFileSync(join(folder, 'encoded'), Buffer.from('in a text: top-secret, and more').toString('base64'));
  writeFileSync(join(folder, 'harmless'), 'nothing');
  expect(await find()).toEqual(expect.arrayContaining([join(folder, 'states/0'), join(folder, 'encoded')]));
  expect(await find()).toHaveLength(2);
});

test('a secret is found in a plan, which is a packed archive', async () => {
  writeFileSync(join(folder, 'tfstate'), `${' '.repeat(1000)}top-secret${' '.repeat(1000)}`);
  execFileSync('python3', ['-c', 'import zipfile; zipfile.ZipFile("a.tfplan", "w", zipfile.ZIP_DEFLATED).write("tfstate")'], {
    cwd: folder,
  });
  rmSync(join(folder, 'tfstate'));
  expect(await find()).toEqual([join(folder, 'a.tfplan')]);
});

test('a folder without it has no such file', async () => {
  writeFileSync(join(folder, 'harmless'), 'nothing');
  expect(await find()).toEqual([]);
});
