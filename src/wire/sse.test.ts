import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventBlocks, EventTooLargeError, formatEvent, readEvents } from './sse.ts';

/** Cuts text into pieces at these places, in bytes. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

const values = fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }), number: fc.integer() }), {
  minLength: 1,
  maxLength: 8,
});
const places = fc.array(fc.nat(), { maxLength: 30 });

test.each([
  ['\n', '\n'],
  ['\r\n', '\r\n'],
])('events come out whole and in order, however the bytes are cut (%j)', (_name, lineEnd) => {
  fc.assert(
    fc.property(values, places, (sent, at) => {
      const blocks = new EventBlocks();
      const text = sent
        .map((value) => formatEvent(value))
        .join('')
        .replaceAll('\n', lineEnd);
      const out = cut(text, at).flatMap((piece) => blocks.push(piece) ?? []);
      expect(out.flatMap((block) => readEvents(block.toString())).map((data) => JSON.parse(data) as unknown)).toEqual(sent);
      expect(blocks.rest()).toBeNull();
    }),
  );
});

test('bytes are neither lost nor changed, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (arrays) => {
      const blocks = new EventBlocks();
      const pieces = arrays.map((array) => Buffer.from(array));
      const out = pieces.flatMap((piece) => blocks.push(piece) ?? []);
      expect(Buffer.concat([...out, blocks.rest() ?? Buffer.alloc(0)])).toEqual(Buffer.concat(pieces));
    }),
  );
});

test('what was not closed waits, and is handed out at the end', () => {
  const blocks = new EventBlocks();
  expect(blocks.push(Buffer.from('data: 1\n\ndata: 2\n'))?.toString()).toBe('data: 1\n\n');
  expect(blocks.rest()?.toString()).toBe('data: 2\n');
  expect(blocks.rest()).toBeNull();
});

test('an unfinished event over the limit is an error, a finished one is not', () => {
  const event = Buffer.from(`data: ${'x'.repeat(100)}\n\n`);
  expect(new EventBlocks(50).push(event)).toEqual(event);
  expect(() => new EventBlocks(50).push(event.subarray(0, 60))).toThrow(EventTooLargeError);
});

test('a large event in small pieces takes time in proportion to its size', () => {
  const blocks = new EventBlocks();
  const piece = Buffer.alloc(1024, 'x');
  const started = performance.now();
  for (let index = 0; index < 15 * 1024 && performance.now() - started < 2_000; index++) blocks.push(piece);
  expect(blocks.push(Buffer.from('\n\n'))).toHaveLength(15 * 1024 * 1024 + 2);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('comments, names and ids are no data; lines of one event belong together', () => {
  const block = ': keep-alive\n\nevent: message\nid: 7\ndata: {"a":\ndata:1}\n\ndata: [DONE]\n\n';
  expect(readEvents(block)).toEqual(['{"a":\n1}', '[DONE]']);
});
