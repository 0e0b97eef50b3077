import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, readEvents, type SseEvent } from './sse-reader.ts';

function parse(...pieces: string[]): SseEvent[] {
  const parser = createSseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

const lineEnd = fc.constantFrom('\n', '\r', '\r\n');

/** A text of one line, as a field's value may hold it. */
const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));

/** An event with the text that stands for it on the wire: several data lines, comments between them, any line ends. */
const event = fc
  .record({ name: line, data: fc.array(line, { minLength: 1, maxLength: 3 }), comment: line, end: lineEnd })
  .map(({ name, data, comment, end }) => ({
    event: { name, data: data.join('\n') },
    wire: [`event: ${name}`, `:${comment}`, ...data.map((text) => `data: ${text}`), ''].map((text) => text + end).join(''),
  }));

function streamOf(bytes: Uint8Array, cuts: number[]): ReadableStream<Uint8Array> {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return new ReadableStream({
    start(controller) {
      for (let i = 1; i < edges.length; i += 1) controller.enqueue(bytes.slice(edges[i - 1], edges[i]));
      controller.close();
    },
  });
}

describe('the reader of server-sent events', () => {
  it('reads the same events wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), async (events, cuts) => {
        const bytes = new TextEncoder().encode(events.map(({ wire }) => wire).join(''));
        const read: SseEvent[] = [];
        for await (const found of readEvents(
          streamOf(
            bytes,
            cuts.map((cut) => cut % (bytes.length + 1)),
          ),
        ))
          read.push(found);
        expect(read).toEqual(events.map(({ event }) => event));
      }),
    );
  });

  it('reads an event with CRLF that arrives byte by byte', () => {
    expect(parse(...'event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n')).toEqual([
      { name: 'a', data: '1' },
      { name: '', data: '2' },
    ]);
  });

  it('skips comments, which gateways send as heartbeats', () => {
    expect(parse(': ping\n\n:\n\ndata: x\n\n')).toEqual([{ name: '', data: 'x' }]);
  });

  it('takes one space after the colon away, and no more', () => {
    expect(parse('data:a\n\ndata:  b\n\ndata\n\n').map(({ data }) => data)).toEqual(['a', ' b', '']);
  });

  it('drops an event that the end of the stream cuts off', () => {
    expect(parse('data: whole\n\ndata: half\n')).toEqual([{ name: '', data: 'whole' }]);
  });

  it('cancels the body when the caller stops reading', async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel() {
        isCancelled = true;
      },
    });
    for await (const _ of readEvents(body)) break;
    expect(isCancelled).toBe(true);
  });
});
