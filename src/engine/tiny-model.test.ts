import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from './tiny-model.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tiny-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('writeTinyModel', () => {
  it('writes the same small GGUF each time, making folders and leaving nothing else behind', async () => {
    const deep = join(folder, 'a', 'b');
    await Promise.all(['one.gguf', 'one.gguf', 'two.gguf'].map((name) => writeTinyModel(join(deep, name))));
    expect((await readdir(deep)).sort()).toEqual(['one.gguf', 'two.gguf']);
    const [one, two] = await Promise.all(['one.gguf', 'two.gguf'].map((name) => readFile(join(deep, name))));
    expect(one!.subarray(0, 4).toString()).toBe('GGUF');
    expect(one!.length).toBeLessThan(4_000_000);
    expect(createHash('sha256').update(one!).digest('hex')).toBe(createHash('sha256').update(two!).digest('hex'));
  });

  it('says who it is in its name', async () => {
    await writeTinyModel(join(folder, 'named.gguf'));
    expect((await readFile(join(folder, 'named.gguf'))).subarray(0, 200).includes('sluice-demo')).toBe(true);
  });
});
