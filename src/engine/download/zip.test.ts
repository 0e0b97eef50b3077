import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeZip } from '../testing/make-zip.ts';
import { readZipMember } from './zip.ts';

let folder: string;
const text = Buffer.from('a line that repeats itself\n'.repeat(10_000));
const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-zip-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readOut(zip: Buffer, member: string): Promise<Buffer> {
  await writeFile(join(folder, 'a.zip'), zip);
  await readZipMember(join(folder, 'a.zip'), member, createWriteStream(join(folder, 'out')), new AbortController().signal);
  return readFile(join(folder, 'out'));
}

const zip = makeZip([
  { name: 'first/stored.bin', content: noise, isDeflated: false },
  { name: 'second/deflated.txt', content: text, isDeflated: true },
]);

test('a stored and a deflated member come out as they went in', async () => {
  expect((await readOut(zip, 'first/stored.bin')).equals(noise)).toBe(true);
  expect((await readOut(zip, 'second/deflated.txt')).equals(text)).toBe(true);
});

test('a comment after the directory does not hide it', async () => {
  const commented = Buffer.concat([zip, Buffer.from('a comment')]);
  expect((await readOut(commented, 'second/deflated.txt')).equals(text)).toBe(true);
});

test('a missing member is named', async () => {
  await expect(readOut(zip, 'third')).rejects.toThrow('no member third');
});

test('a cut file, and a file that is no zip, are refused', async () => {
  await expect(readOut(zip.subarray(0, zip.length - 40), 'first/stored.bin')).rejects.toThrow('no zip, or it is cut');
  await expect(readOut(Buffer.from('short'), 'first/stored.bin')).rejects.toThrow('no zip');
});

test('a member that unpacks to another size than promised is refused', async () => {
  const wrong = Buffer.from(zip);
  const directory = wrong.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
  wrong.writeUInt32LE(text.length + 1, directory + 24);
  await expect(readOut(wrong, 'second/deflated.txt')).rejects.toThrow('fewer bytes');
  wrong.writeUInt32LE(text.length - 1, directory + 24);
  await expect(readOut(wrong, 'second/deflated.txt')).rejects.toThrow('more bytes');
});
