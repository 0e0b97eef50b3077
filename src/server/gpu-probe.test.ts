import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../telemetry/log.ts';
import { GpuProbe } from './gpu-probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-gpu-'));
const path = join(folder, 'gpu.json');
afterAll(() => rmSync(folder, { recursive: true }));

const sampledAtMs = 1_763_731_200_000;
const good = {
  sampled_at_ms: sampledAtMs,
  utilization_percent: 41,
  memory_used_mib: 20480,
  memory_total_mib: 23028,
  compute_capability: '8.6',
  name: 'NVIDIA A10G',
};
let told: unknown[];
let nowMs: number;
beforeEach(() => {
  told = [];
  nowMs = sampledAtMs + 1_000;
});

function probe(settings: { path: string; maxAgeMs: number } | null = { path, maxAgeMs: 30_000 }): GpuProbe {
  const tell = (fields: object) => told.push(fields);
  const logger: Logger = { debug: tell, info: tell, warn: tell, error: tell };
  return new GpuProbe({ settings: () => settings, wallNow: () => nowMs, logger });
}

async function read(text: string) {
  writeFileSync(path, text);
  const made = probe();
  await made.read();
  return made.memoryUsed;
}

test('the share of memory has two decimals', async () => {
  expect(await read(JSON.stringify(good))).toBe(0.89);
  expect(await read(JSON.stringify({ ...good, memory_used_mib: 0 }))).toBe(0);
  expect(await read(JSON.stringify({ ...good, memory_used_mib: 30_000 }))).toBe(1);
  expect(told).toEqual([]);
});

test.each([
  ['', 'no valid JSON'],
  ['{"sampled_at_ms": 1', 'no valid JSON'],
  ['[]', ': Invalid input: expected object, received array'],
  ['null', ': Invalid input: expected object, received null'],
  [JSON.stringify({ ...good, memory_total_mib: 0 }), 'memory_total_mib: '],
  [JSON.stringify({ ...good, memory_used_mib: '20480' }), 'memory_used_mib: '],
  [JSON.stringify({ ...good, memory_used_mib: -1 }), 'memory_used_mib: '],
  [JSON.stringify({ ...good, sampled_at_ms: undefined }), 'sampled_at_ms: '],
])('%j says nothing, and why is told', async (text, fault) => {
  expect(await read(text)).toBeNull();
  expect(told).toEqual([{ path, fault: expect.stringContaining(fault) }]);
});

test('a sample that is too old counts for nothing, also while it is kept', async () => {
  writeFileSync(path, JSON.stringify(good));
  const made = probe();
  await made.read();
  nowMs = sampledAtMs + 30_000;
  expect(made.memoryUsed).toBe(0.89);
  nowMs++;
  expect(made.memoryUsed).toBeNull();
});

test('a missing file is told once, and again when it went away once more', async () => {
  const made = probe({ path: join(folder, 'later.json'), maxAgeMs: 30_000 });
  await made.read();
  await made.read();
  expect([made.memoryUsed, told.length]).toEqual([null, 1]);
  writeFileSync(join(folder, 'later.json'), JSON.stringify(good));
  await made.read();
  expect(made.memoryUsed).toBe(0.89);
  rmSync(join(folder, 'later.json'));
  await made.read();
  expect([made.memoryUsed, told.length]).toEqual([null, 2]);
});

test('without a probe nothing is known and nothing is told', async () => {
  const made = probe(null);
  await made.read();
  expect([made.memoryUsed, told]).toEqual([null, []]);
});
