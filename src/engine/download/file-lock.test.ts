import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { withFileLock } from './file-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const options = { clock: systemClock, signal, pollMs: 5 };

test('only one at a time works under the lock, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await systemClock.sleep(5, signal);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withFileLock(join(folder, 'lock'), options, work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('the lock is given back when the work fails', async () => {
  const failing = withFileLock(join(folder, 'lock'), options, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid, host: hostname(), id: 'x' }));
  expect(await withFileLock(join(folder, 'lock'), options, () => Promise.resolve('mine'))).toBe('mine');
  expect(await readdir(folder)).toEqual([]);
});

test('a lock that nobody refreshes is taken over, whoever held it', async () => {
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 1, host: 'another-host', id: 'x' }));
  const longAgo = new Date(Date.now() - 120_000);
  await utimes(join(folder, 'lock'), longAgo, longAgo);
  expect(await withFileLock(join(folder, 'lock'), options, () => Promise.resolve('mine'))).toBe('mine');
});

test('the lock of a living process is waited for, until the caller gives up', async () => {
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid: process.ppid, host: hostname(), id: 'x' }));
  const stop = new AbortController();
  const waiting = withFileLock(
    join(folder, 'lock'),
    { ...options, signal: stop.signal, onWait: (holder) => stop.abort(new Error(`held by ${holder}`)) },
    () => Promise.resolve(),
  );
  await expect(waiting).rejects.toThrow(`held by process ${process.ppid}`);
});
