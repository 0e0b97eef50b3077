import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addedOf, ratiosOf, shareOf } from '../bench/comparison.ts';
import { EventCounter } from '../bench/event-counter.ts';
import { judge } from '../bench/goals.ts';
import { MessageParser } from '../bench/http-message.ts';
import type { PeerRecord } from '../bench/sample.ts';
import { median, percentile, slope, spread } from '../bench/statistics.ts';
import { renderNumber, renderSpread, renderTable, replaceBetween } from '../bench/table.ts';

const results: PeerRecord[] = [
  { peer: 'direct', version: '1', samples: [{ serialP50Ms: 0.1 }, { serialP50Ms: 0.2 }] },
  { peer: 'skeleton', version: '1', samples: [{ cpuUsPerRequest: 100 }, { cpuUsPerRequest: 200 }] },
  {
    peer: 'sluice',
    version: '1',
    samples: [
      { cpuUsPerRequest: 150, serialP50Ms: 0.4, manyComplete: 255, manyAsked: 256 },
      { cpuUsPerRequest: 300, serialP50Ms: 0.8 },
    ],
  },
];

describe('statistics of the bench', () => {
  it('take percentiles by nearest rank', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(percentile([4, 1, 3, 2], 0.99)).toBe(4);
    expect(percentile([4, 1, 3, 2], 0)).toBe(1);
    expect(percentile([], 0.5)).toBeUndefined();
  });

  it('take the mean of the middle two as the median of an even count', () => {
    expect(median([3, 1])).toBe(2);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([])).toBeUndefined();
  });

  it('order min, median and max for any values', () => {
    assert(
      property(array(double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const range = spread(values)!;
        expect(range.min).toBeLessThanOrEqual(range.median);
        expect(range.median).toBeLessThanOrEqual(range.max);
      }),
    );
  });

  it('find the slope of a line, and none of a single point', () => {
    expect(slope([0, 1, 2].map((x) => ({ x, y: 3 * x + 7 })))).toBeCloseTo(3);
    expect(slope([{ x: 1, y: 1 }])).toBeUndefined();
  });
});

describe('comparisons of the bench', () => {
  it('pair the rounds, so that a slow round cancels out', () => {
    expect(ratiosOf(results, 'cpuUsPerRequest', 'sluice', 'skeleton')).toEqual([1.5, 1.5]);
    expect(addedOf(results, 'serialP50Ms', 'sluice').map((ms) => Number(ms.toFixed(3)))).toEqual([0.3, 0.6]);
  });

  it('leave out rounds that lack a value and peers that did not run', () => {
    expect(shareOf(results, 'sluice', 'manyComplete', 'manyAsked')).toEqual([255 / 256]);
    expect(ratiosOf(results, 'requestsPerSecond', 'sluice', 'portkey')).toEqual([]);
  });

  it('hold the median against each goal and say when it was not measured', () => {
    const verdicts = new Map(judge(results).map(({ goal, verdict }) => [goal.text, verdict]));
    expect(verdicts.get('CPU per request, × skeleton')).toBe('met');
    expect(verdicts.get('complete streams, share of 256')).toBe('missed');
    expect(verdicts.get('requests/s at 64 connections, × Portkey')).toBe('not measured');
  });
});

describe('tables of the bench', () => {
  it('show three significant digits and no exponent', () => {
    expect([0.01234, 1.005, 12.34, 123.4, 38475.2, 0].map(renderNumber)).toEqual(['0.0123', '1', '12.3', '123', '38475', '0']);
  });

  it('show min, median and max, or one value, or a dash', () => {
    expect(renderSpread([3, 1, 2])).toBe('1/**2**/3');
    expect(renderSpread([1, 1])).toBe('**1**');
    expect(renderSpread([])).toBe('–');
  });

  it('are Markdown', () => {
    expect(renderTable(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
  });

  it('replace only what stands between the markers', () => {
    expect(replaceBetween('x <s> old <e> y', ['<s>', '<e>'], 'new')).toBe('x <s>\n\nnew\n\n<e> y');
    expect(() => replaceBetween('x', ['<s>', '<e>'], 'new')).toThrow('<s>');
  });
});

describe('readers of the load client', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
  const counted = 'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc';

  function parse(pieces: string[]): string[] {
    const seen: string[] = [];
    let body = '';
    const parser = new MessageParser('response', {
      onHead: (startLine) => seen.push(startLine),
      onBody: (piece) => (body += piece.toString()),
      onEnd: () => {
        seen.push(body);
        body = '';
      },
    });
    for (const piece of pieces) parser.push(Buffer.from(piece));
    return seen;
  }

  it('find the same messages however the bytes are cut', () => {
    assert(
      property(integer({ min: 1, max: 20 }), (size) => {
        const pieces = (chunked + counted).match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        expect(parse(pieces)).toEqual(['HTTP/1.1 200 OK', 'hello world', 'HTTP/1.1 404 Not Found', 'abc']);
      }),
    );
  });

  it('count events cut anywhere, and [DONE] apart', () => {
    assert(
      property(integer({ min: 1, max: 20 }), (size) => {
        const counter = new EventCounter();
        const pieces =
          'data: {"a":1}\n\n: ping\n\ndata: {"b":2}\n\ndata: [DONE]\n\n'.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        for (const piece of pieces) counter.push(Buffer.from(piece));
        expect([counter.events, counter.isDone]).toEqual([2, true]);
      }),
    );
  });
});
