import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { EventStream } from './event-stream.ts';

/** A response whose reader is slow: every write waits for `drain`. */
class SlowResponse extends EventEmitter {
  headersSent = false;
  written: string[] = [];

  writeHead(): void {
    this.headersSent = true;
  }

  write(text: string): boolean {
    this.written.push(text);
    return false;
  }
}

describe('EventStream', () => {
  it('waits for a slow reader, until that one leaves', async () => {
    const response = new SlowResponse();
    const gone = new AbortController();
    const stream = new EventStream(response as unknown as ServerResponse, gone.signal);
    expect(response.headersSent).toBe(false);
    const first = stream.send({ a: 1 });
    expect(response.written).toEqual(['data: {"a":1}\n\n']);
    response.emit('drain');
    await first;
    const second = stream.send({ a: 2 });
    gone.abort();
    await expect(second).rejects.toThrow();
  });
});
