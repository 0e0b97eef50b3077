import { isObject, type JsonObject } from '../../wire/parse.ts';

/** Stands for the content while the pattern of an event is written; nothing that could stand there by itself. */
const placeholder = '\uE000sluice-content\uE001';

/**
 * The events of a stream are alike but for their piece of content. Once one was taken apart, the next are read by comparing what stands around
 * the content, and written by putting other content in the same place, without parsing and writing JSON.
 */
export class ContentTemplate {
  #before = '';
  #after = '';
  #outBefore = '';
  #outAfter = '';

  /**
   * Takes an event as the pattern, if it brings nothing but content of the first choice.
   * @param data as the upstream sent it; `chunk` the same, parsed and put right
   * @param format how the client gets an event
   */
  learn(data: string, chunk: JsonObject, format: (chunk: JsonObject) => string): void {
    const choice = onlyContent(chunk);
    if (choice === null || data.includes('\n')) return;
    const place = contentPlace(data);
    if (place === null) return;
    const [before, after, ...more] = format({ ...chunk, choices: [{ ...choice, delta: { content: placeholder } }] }).split(
      placeholder,
    );
    if (before === undefined || after === undefined || more.length > 0) return;
    this.#before = data.slice(0, place.start);
    this.#after = data.slice(place.end);
    this.#outBefore = before;
    this.#outAfter = after;
  }

  /** The content that an event brings, where it is one of the pattern; else null. */
  read(data: string): string | null {
    const before = this.#before;
    const after = this.#after;
    if (before === '' || data.length < before.length + after.length) return null;
    if (data.slice(0, before.length) !== before || data.slice(data.length - after.length) !== after) return null;
    const content = data.slice(before.length, data.length - after.length);
    if (!needsParsing.test(content)) return content;
    try {
      const value: unknown = JSON.parse(`"${content}"`);
      return typeof value === 'string' ? value : null;
    } catch {
      return null;
    }
  }

  /** An event of the pattern with other content, as the client gets it. */
  write(content: string): string {
    const written = needsWriting.test(content) ? JSON.stringify(content).slice(1, -1) : content;
    return this.#outBefore + written + this.#outAfter;
  }
}

/** The end of a JSON string, and the beginning of what it cannot hold as it is. */
const needsParsing = /["\\]/;
/** Whatever JSON may write in another way: better too much than too little. */
const needsWriting = /[^\x20\x21\x23-\x5b\x5d-\x7e\u00a0-\u2027\u2030-\ud7ff]/;

/** The choice of an event that says nothing but a piece of content. */
function onlyContent({ choices, usage }: JsonObject): JsonObject | null {
  if (!Array.isArray(choices) || choices.length !== 1 || (usage !== undefined && usage !== null)) return null;
  const choice: unknown = choices[0];
  if (!isObject(choice) || !isObject(choice['delta'])) return null;
  const { index, finish_reason: reason, logprobs, delta, ...others } = choice;
  const keys = Object.keys(delta as JsonObject);
  const saysMore = keys.length !== 1 || keys[0] !== 'content' || Object.values(others).some((value) => value !== null);
  if (saysMore || (reason ?? null) !== null || (logprobs ?? null) !== null || (index ?? 0) !== 0) return null;
  return typeof (delta as JsonObject)['content'] === 'string' ? choice : null;
}

/** Where the text of the only `content` stands in an event, without its quotes. */
function contentPlace(data: string): { start: number; end: number } | null {
  const keys = [...data.matchAll(/"content": ?"/g)];
  const [key] = keys;
  if (key === undefined || keys.length > 1) return null;
  const start = key.index + key[0].length;
  let end = start;
  while (end < data.length && data[end] !== '"') end += data[end] === '\\' ? 2 : 1;
  return end < data.length ? { start, end } : null;
}
