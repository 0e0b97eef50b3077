import { expect, test } from 'vitest';
import { ProgressMeter } from './download/progress-meter.ts';
import type { DownloadProgress } from './engine.ts';
import { formatBytes, formatLine, formatPlain, formatSeconds, ProgressPrinter } from './progress.ts';

const half: DownloadProgress = {
  model: 'm',
  source: 'hub',
  receivedBytes: 50_000_000,
  totalBytes: 100_000_000,
  bytesPerSecond: 10_000_000,
};

test('bytes and times read as people write them', () => {
  expect([0, 999, 1_000, 93_200_000, 123_456_789, 2_393_231_072].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '93.2 MB',
    '123 MB',
    '2.4 GB',
  ]);
  expect([0, 59.4, 60, 125, 3_700].map(formatSeconds)).toEqual(['0 s', '59 s', '1 min 0 s', '2 min 5 s', '1 h 1 min']);
});

test('a line shows bar, bytes, rate and time left, and fits the terminal', () => {
  expect(formatLine(half, 120)).toBe(`m ${'█'.repeat(12)}${'░'.repeat(12)}  50 % 50.0 MB / 100 MB · 10.0 MB/s · 5 s left`);
  expect(formatLine(half, 20)).toHaveLength(19);
});

test('what is not known is left out', () => {
  expect(formatPlain({ ...half, totalBytes: null })).toBe('m from hub: 50.0 MB · 10.0 MB/s');
  expect(formatPlain({ ...half, bytesPerSecond: 0 })).toBe('m from hub: 50.0 MB of 100 MB (50 %)');
  expect(formatPlain({ ...half, receivedBytes: 100_000_000 })).toBe('m from hub: 100 MB of 100 MB (100 %) · 10.0 MB/s');
  expect(formatLine({ ...half, totalBytes: null }, 80)).toBe('m 50.0 MB · 10.0 MB/s');
});

function collect(isTTY: boolean): { text: string; write(text: string): void; isTTY: boolean; columns: number } {
  return {
    text: '',
    write(text) {
      this.text += text;
    },
    isTTY,
    columns: 80,
  };
}

test('without a terminal there is a line at the start, every three seconds, and at the end', () => {
  const output = collect(false);
  let nowMs = 0;
  const printer = new ProgressPrinter(output, () => nowMs);
  for (; nowMs < 7_000; nowMs += 250) printer.update({ ...half, receivedBytes: nowMs });
  printer.finish();
  printer.finish();
  expect(output.text.split('\n').map((line) => line.slice(0, 20))).toEqual([
    'm from hub: 0 B of 1',
    'm from hub: 3.0 kB o',
    'm from hub: 6.0 kB o',
    'm from hub: 6.8 kB o',
    '',
  ]);
});

test('on a terminal one line is rewritten, and a new source starts another', () => {
  const output = collect(true);
  const printer = new ProgressPrinter(output, () => 0);
  printer.update(half);
  printer.update(half);
  printer.update({ ...half, source: 'pip' });
  printer.finish();
  expect(output.text.split('\n')).toHaveLength(3);
  expect(output.text.split('\r\u001b[2K')).toHaveLength(4);
});

test('progress is throttled, its rate is that of the last seconds, and what was there before does not count', () => {
  const emitted: DownloadProgress[] = [];
  let nowMs = 0;
  const meter = new ProgressMeter({
    model: 'm',
    source: 's',
    totalBytes: null,
    startBytes: 1_000_000,
    now: () => nowMs,
    emit: (step) => emitted.push(step),
  });
  for (nowMs = 10; nowMs <= 1_000; nowMs += 10) meter.report(1_000_000 + nowMs * 1_000);
  expect(emitted).toHaveLength(5);
  expect(emitted.at(-1)).toMatchObject({ receivedBytes: 2_000_000, bytesPerSecond: 1_000_000 });
  for (; nowMs <= 20_000; nowMs += 10) meter.report(2_000_000);
  meter.finish(2_000_000);
  expect(emitted.at(-1)?.bytesPerSecond).toBe(0);
});
