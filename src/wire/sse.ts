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
  /** The beginning of an event, in the pieces in which it came: they are joined once, when its end has come. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  readonly #limitBytes: number;

  constructor(limitBytes = 16 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Returns the whole events that `chunk` completes, or null where it completes none.
   * @throws EventTooLargeError when an unfinished event grows over the limit
   */
  push(chunk: Buffer): Buffer | null {
    const end = this.#restBytes === 0 ? lastBorder(chunk) : this.#lastBorderAfterRest(chunk);
    if (end === 0) {
      this.#keep(chunk);
      return null;
    }
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end);
    const block = this.#restBytes === 0 ? whole : Buffer.concat([...this.#rest, whole]);
    this.#rest = [];
    this.#restBytes = 0;
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    return block;
  }

  /** What came after the last border, once the stream has ended: a last event that its sender did not close with an empty line. */
  rest(): Buffer | null {
    const rest = this.#restBytes === 0 ? null : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    return rest;
  }

  /** A border may begin in what is kept: its last bytes are looked at together with the chunk. */
  #lastBorderAfterRest(chunk: Buffer): number {
    let tail = Buffer.alloc(0);
    for (let index = this.#rest.length - 1; index >= 0 && tail.length < longestBorder - 1; index--) {
      tail = Buffer.concat([(this.#rest[index] ?? tail).subarray(1 - longestBorder), tail]);
    }
    return Math.max(0, lastBorder(Buffer.concat([tail, chunk])) - tail.length);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#limitBytes) throw new EventTooLargeError(`an event is larger than ${this.#limitBytes} bytes`);
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** LF CR LF */
const longestBorder = 3;

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
