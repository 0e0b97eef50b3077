import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileLock, LockedError } from './lock.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'test-lock-'));
  path = join(folder, 'database.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the lock that somebody else would have left. */
function leave(own: object): void {
  const lock = FileLock.take(path);
  const content = readFileSync(path, 'utf8');
  lock.release();
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(content) as object), ...own }));
}

/** A number that no process has: the largest of Linux, by proc(5), is below it. */
const nobody = 2 ** 22 + 1;

test('a live process’s lock is respected, and free after it', () => {
  const lock = FileLock.take(path);
  expect(() => FileLock.take(path)).toThrow(LockedError);
  expect(() => FileLock.take(path)).toThrow(`process ${process.pid} has it open (this very process)`);
  lock.release();
  FileLock.take(path).release();
  expect(existsSync(path)).toBe(false);
});

test('a dead process’s lock is taken over', () => {
  leave({ pid: nobody });
  FileLock.take(path).release();
});

test.runIf(existsSync('/proc/self/stat'))('so is one whose number now belongs to another process', () => {
  leave({ started: '1' });
  FileLock.take(path).release();
});

test('another machine’s is respected as long as it shows signs of life', () => {
  leave({ machine: 'elsewhere', pid: nobody });
  expect(() => FileLock.take(path)).toThrow(
    /of another machine or container had it open 0 s ago; if that one is dead, try again in 15 s/,
  );
  const past = new Date(Date.now() - 16_000);
  utimesSync(path, past, past);
  FileLock.take(path).release();
});

test('a file that is no lock, as a full disk leaves it, keeps nobody out', () => {
  writeFileSync(path, '');
  FileLock.take(path).release();
});

test('one takes over at a time, and one who died of it keeps nobody out for long', () => {
  leave({ pid: nobody });
  mkdirSync(`${path}.takeover`);
  expect(() => FileLock.take(path)).toThrow('another process is just opening it');
  const past = new Date(Date.now() - 16_000);
  utimesSync(`${path}.takeover`, past, past);
  expect(() => FileLock.take(path)).toThrow('another process is just opening it');
  FileLock.take(path).release();
});

test('whoever lost its lock does not remove the next one’s', () => {
  const lost = FileLock.take(path);
  rmSync(path);
  const next = FileLock.take(path);
  lost.release();
  expect(existsSync(path)).toBe(true);
  next.release();
});
