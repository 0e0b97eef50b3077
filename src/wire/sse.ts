/** Server-sent events as bytes (WHATWG HTML, section 9.2): what the relay needs of them, without parsing what it only passes on. */

/** The end of every OpenAI stream that ended well. */
export const doneEvent = 'data: [DONE]\n\n';

/** A comment that keeps idle connections open; clients ignore it. */
export const heartbeatComment = ': keep-alive\n\n';

/** One event with a JSON value. */
export function formatEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** The upstream sent an event larger than `limitBytes`. */
export class EventTooLargeError extends Error {}

/** Cuts a byte stream at event borders: what is returned always ends with whole events, the rest waits for its other half. */
export class EventBlocks {
  #rest: Buffer | null = null;
  readonly #limitBytes: number;

  constructor(limitBytes = 16 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Returns the whole events that `chunk` completes, or null where it completes none.
   * @throws EventTooLargeError when an unfinished event grows over the limit
   */
  push(chunk: Buffer): Buffer | null {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = lastBorder(bytes);
    if (end === bytes.length) {
      this.#rest = null;
      return bytes;
    }
    this.#rest = end === 0 ? bytes : bytes.subarray(end);
    if (this.#rest.length > this.#limitBytes) throw new EventTooLargeError(`an event is larger than ${this.#limitBytes} bytes`);
    return end === 0 ? null : bytes.subarray(0, end);
  }

  /** What came after the last border, once the stream has ended: a last event that its sender did not close with an empty line. */
  rest(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest;
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Index after the last empty line (LF LF, or CR LF CR LF), 0 where there is none. */
function lastBorder(bytes: Buffer): number {
  for (let at = bytes.length - 1; at > 0; at--) {
    if (bytes[at] !== lineFeed) continue;
    const before = bytes[at - 1];
    if (before === lineFeed) return at + 1;
    if (before === carriageReturn && bytes[at - 2] === lineFeed) return at + 1;
  }
  return 0;
}

/** The `data` of every event in a block of whole events; comments, names and ids are dropped. */
export function readEvents(block: string): string[] {
  const events: string[] = [];
  for (const part of block.split(/\r?\n\r?\n/)) {
    const lines: string[] = [];
    for (const line of part.split(/\r?\n/)) {
      if (line.startsWith('data:')) lines.push(line.startsWith('data: ') ? line.slice(6) : line.slice(5));
    }
    if (lines.length > 0) events.push(lines.join('\n'));
  }
  return events;
}
