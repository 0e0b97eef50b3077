import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BatchWriter } from '../store/ledger-writer.ts';
import { BatchedLedger, type BatchedLedgerInput } from './batched-ledger.ts';
import { Spool } from './spool.ts';
import { CountingWriter, recordingLog, spendRow, temporaryFolder, type Weather } from './testing.ts';

let folder = '';
let instances = 0;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Given extends Partial<BatchedLedgerInput> {
  directory?: string;
  maxSizeBytes?: number;
  /** Whether the process that it stands for was killed: from then on it begins nothing any more. */
  life?: { isOver: boolean };
}

/** Its methods do nothing once the life is over, and never answer. */
function mortal<T extends object>(target: T, life: { isOver: boolean }): T {
  return new Proxy(target, {
    get: (_, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => (life.isOver ? new Promise(() => undefined) : Reflect.apply(value, target, given));
    },
  });
}

/** A gateway's ledger whose timer never fires by itself, so that tests say when it writes. */
function ledgerOn(writer: BatchWriter, { directory = folder, maxSizeBytes, life = { isOver: false }, ...given }: Given = {}) {
  instances += 1;
  const instance = `gateway${instances}`;
  const log = recordingLog();
  const now = given.now ?? Date.now;
  const spool = new Spool({ directory, now, instance, log, ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }) });
  const mortals = { writer: mortal(writer, life), spool: mortal(spool, life) };
  const ledger = new BatchedLedger({ ...mortals, flushIntervalMs: 1e9, now, instance, log, ...given });
  return { ledger, log };
}

const countOnce = (ids: readonly string[]) => new Map(ids.map((id) => [id, 1]));
const spoolFiles = () => readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

describe('while the database is there', () => {
  test('rows are written when the interval is over, in one batch', async () => {
    const writer = new CountingWriter();
    const { ledger } = ledgerOn(writer, { flushIntervalMs: 20 });
    await ledger.start();
    for (const id of ['a', 'b', 'c']) ledger.append(spendRow(id));
    expect(ledger.pendingRows).toBe(3);
    expect(writer.counts.size).toBe(0);
    await vi.waitFor(() => expect(writer.counts).toEqual(countOnce(['a', 'b', 'c'])));
    await ledger.close();
    expect(writer.batchSizes).toEqual([3]);
    expect(ledger.pendingRows).toBe(0);
    expect(spoolFiles()).toEqual([]);
  });

  test('a full batch does not wait for the interval, and none is larger', async () => {
    const writer = new CountingWriter();
    const { ledger } = ledgerOn(writer, { batchRows: 10 });
    for (let id = 0; id < 25; id += 1) ledger.append(spendRow(String(id)));
    await vi.waitFor(() => expect(writer.counts.size).toBe(25));
    expect(writer.batchSizes).toEqual([10, 10, 5]);
  });

  test('rows that come while others are written wait for the next interval, so that a busy gateway does not write without end', async () => {
    class BusyWriter extends CountingWriter {
      override write(...[batch, options]: Parameters<CountingWriter['write']>) {
        if (this.batchSizes.length < 50) ledger.append(spendRow(`more-${this.batchSizes.length}`));
        return super.write(batch, options);
      }
    }
    const writer = new BusyWriter();
    const { ledger } = ledgerOn(writer);
    ledger.append(spendRow('first'));
    await ledger.flush();
    expect(writer.batchSizes).toEqual([1]);
    expect(ledger.pendingRows).toBe(1);
  });

  test('the database remembers only the last batch, once nobody can send the others again', async () => {
    const writer = new CountingWriter();
    const { ledger } = ledgerOn(writer);
    for (const id of ['a', 'b', 'c']) {
      ledger.append(spendRow(id));
      await ledger.flush();
    }
    expect(writer.batchIds.size).toBe(1);
  });

  test('one bad row keeps no other out, and is kept for a person to see', async () => {
    class PickyWriter extends CountingWriter {
      override write(...[batch, options]: Parameters<CountingWriter['write']>) {
        const isBad = batch.rows.some(({ id }) => id === 'bad');
        if (isBad) return Promise.reject(Object.assign(new Error('value too long'), { code: '22001' }));
        return super.write(batch, options);
      }
    }
    const writer = new PickyWriter();
    const { ledger, log } = ledgerOn(writer);
    for (const id of ['a', 'b', 'bad', 'c', 'd']) ledger.append(spendRow(id));
    await ledger.flush();
    expect(writer.counts).toEqual(countOnce(['a', 'b', 'c', 'd']));
    expect(ledger.state).toBe('ok');
    expect(JSON.parse(readFileSync(join(folder, 'rejected.jsonl'), 'utf8'))).toEqual(spendRow('bad'));
    expect(log.lines).toMatchObject([{ level: 'error', fields: { rows: 1, reasons: ['22001'] } }]);
  });
});

describe('while the database is away', () => {
  test('rows are on the disk, and come back in order when it is there again', async () => {
    const writer = new CountingWriter();
    let nowMs = 1_000_000;
    const { ledger, log } = ledgerOn(writer, { now: () => nowMs, flushIntervalMs: 1_000 });
    writer.weather = 'away';
    ledger.append(spendRow('a'));
    await ledger.flush();
    ledger.append(spendRow('b'));
    await ledger.flush();
    expect([ledger.state, ledger.pendingRows, spoolFiles().length]).toEqual(['spooling', 2, 1]);
    writer.weather = 'ok';
    nowMs += 10_000;
    ledger.append(spendRow('c'));
    await ledger.flush();
    expect([ledger.state, ledger.pendingRows, spoolFiles().length]).toEqual(['ok', 0, 0]);
    expect([...writer.counts]).toEqual([...countOnce(['a', 'b', 'c'])]);
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: the database is away: rows of spend go to disk',
      'info: the database took the spooled rows of spend',
    ]);
    await ledger.close();
  });

  test('a write that does not end is given up, and its rows are on the disk', async () => {
    let signal: AbortSignal | undefined;
    const hanging: BatchWriter = {
      write: (_batch, options) => {
        signal = options.signal;
        return new Promise(() => undefined);
      },
    };
    const { ledger } = ledgerOn(hanging, { writeTimeoutMs: 10 });
    ledger.append(spendRow('a'));
    await ledger.flush();
    expect([ledger.state, ledger.pendingRows, spoolFiles().length, signal?.aborted]).toEqual(['spooling', 1, 1, true]);
    await ledger.close();
  });

  test('a full spool is told loudly, the oldest rows are kept, and new ones wait in memory up to a bound', async () => {
    const writer = new CountingWriter();
    writer.weather = 'away';
    const { ledger, log } = ledgerOn(writer, { maxSizeBytes: 1_500, maxRowsInMemory: 2 });
    ledger.append(spendRow('a'));
    await ledger.flush();
    for (const id of ['b', 'c']) ledger.append(spendRow(id));
    await ledger.flush();
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { reason: expect.stringContaining('the spool is full') } });
    for (const id of ['d', 'e', 'f']) ledger.append(spendRow(id));
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('rows of spend are lost') });
    expect([ledger.pendingRows, ledger.droppedRows]).toEqual([5, 1]);
    writer.weather = 'ok';
    const { ledger: next } = ledgerOn(writer);
    await next.start();
    await next.flush();
    expect(writer.counts).toEqual(countOnce(['a']));
  });

  test('closing leaves the rows to the next gateway', async () => {
    const writer = new CountingWriter();
    writer.weather = 'away';
    const { ledger } = ledgerOn(writer);
    ledger.append(spendRow('a'));
    await ledger.close();
    writer.weather = 'ok';
    const { ledger: next } = ledgerOn(writer);
    await next.start();
    await next.flush();
    expect(writer.counts).toEqual(countOnce(['a']));
  });
});

describe('after a kill', () => {
  test('a process that is killed while it spools has lost no row that was flushed', async () => {
    const child = fork(new URL('./spooling-test-child.ts', import.meta.url), [folder]);
    let flushed = 0;
    child.on('message', (number) => (flushed = Number(number)));
    await vi.waitFor(() => expect(flushed).toBeGreaterThan(1_000), 15_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const writer = new CountingWriter();
    const { ledger } = ledgerOn(writer);
    await ledger.start();
    await ledger.flush();
    await ledger.close();
    expect(writer.counts.size).toBeGreaterThanOrEqual(flushed);
    expect(writer.counts).toEqual(countOnce(Array.from({ length: writer.counts.size }, (_, at) => String(at + 1))));
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a torn last line is left out with a warning, and the rows before it count', async () => {
    const writer = new CountingWriter();
    writer.weather = 'away';
    const { ledger } = ledgerOn(writer);
    for (const id of ['a', 'b']) ledger.append(spendRow(id));
    await ledger.flush();
    const [name] = spoolFiles();
    appendFileSync(join(folder, name!), readFileSync(join(folder, name!), 'utf8').slice(0, 200));
    writer.weather = 'ok';
    const { ledger: next, log } = ledgerOn(writer);
    await next.start();
    expect(next.pendingRows).toBe(2);
    await next.flush();
    expect(writer.counts).toEqual(countOnce(['a', 'b']));
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { line: 3 } }, { level: 'info' }]);
  });

  test('the files of a live process on another host are left alone until it is silent for a minute', async () => {
    const writer = new CountingWriter();
    writer.weather = 'away';
    let nowMs = Date.now();
    const { ledger } = ledgerOn(writer, { now: () => nowMs });
    ledger.append(spendRow('a'));
    await ledger.flush();
    const rename = (name: string) => name.replace(/(^|\.)[\w-]+~\d+~/, '$1elsewhere~1~');
    for (const name of readdirSync(folder)) {
      renameSync(join(folder, name), join(folder, rename(name)));
    }
    writer.weather = 'ok';
    const { ledger: next } = ledgerOn(writer, { now: () => nowMs });
    await next.start();
    await next.flush();
    expect(writer.counts.size).toBe(0);
    nowMs += 61_000;
    await next.flush();
    expect(writer.counts).toEqual(countOnce(['a']));
  });
});

test('however failures, lost answers, kills and replays follow each other, every row that was flushed counts exactly once', async () => {
  const weather = fc.constantFrom<Weather>('ok', 'away', 'lost-answer');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('append' as const), rows: fc.integer({ min: 1, max: 7 }) }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('flush' as const) }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('weather' as const), weather }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('kill' as const) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('close' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const directory = temporaryFolder();
      const writer = new CountingWriter();
      let nowMs = 1_000_000;
      let life = { isOver: false };
      const begin = async () => {
        life = { isOver: false };
        const { ledger } = ledgerOn(writer, { directory, batchRows: 4, now: () => nowMs, life });
        await ledger.start();
        await new Promise((resolve) => setTimeout(resolve, 2));
        await ledger.flush();
        return ledger;
      };
      let ledger = await begin();
      const safe: string[] = [];
      let unsafe: string[] = [];
      let count = 0;
      for (const next of [...steps, { does: 'weather' as const, weather: 'ok' as const }, { does: 'close' as const }]) {
        nowMs += 6_000;
        if (next.does === 'weather') writer.weather = next.weather;
        if (next.does === 'append') {
          for (let row = 0; row < next.rows; row += 1) {
            count += 1;
            unsafe.push(String(count));
            ledger.append(spendRow(String(count)));
          }
        }
        if (next.does === 'flush' || next.does === 'close') {
          await ledger[next.does]();
          safe.push(...unsafe);
          unsafe = [];
        }
        if (next.does === 'kill') {
          life.isOver = true;
          // What was under way when it was killed is done by now, or never will be.
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        if (next.does === 'kill' || next.does === 'close') {
          // A killed gateway's rows in memory are lost, unless its last write was under way.
          ledger = await begin();
          unsafe = [];
        }
      }
      await ledger.flush();
      await ledger.close();
      expect(ledger.pendingRows).toBe(0);
      expect(safe.filter((id) => writer.counts.get(id) !== 1)).toEqual([]);
      expect([...writer.counts.values()].every((times) => times === 1)).toBe(true);
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 200 },
  );
});
