import type { Detector, Match } from './detector.ts';
import { keyedHash } from './keyed-hash.ts';

/** Units that a model may put between the characters of a token: spaces, `_`, `-`, `*`, a backtick, a backslash, marks without width. */
const filler = /[\s_\-*`\\\u200b-\u200d\u2060\ufeff]/u;
const mostFillers = 4;
const idLength = 4;
const wordUnit = /[\p{L}\p{N}]/u;
/** Ids tried for a value before its kind counts as full. */
const mostTries = 64;

/**
 * The tokens that stand for values in one request, like `EMAIL_7F3A`. The same value has the same token as long as the process runs, so that
 * upstream prompt caches still hit, unless two values of one request would share it.
 *
 * As a detector it finds its own tokens in what a model wrote: in any case, and with up to four spaces, underscores, hyphens, backslashes or
 * marks of Markdown between any two characters.
 */
export class TokenVault implements Detector {
  readonly kinds = ['token'];
  readonly lookBehind = 2;
  readonly #secret: Buffer;
  /** By their letters and digits in lower case. */
  readonly #values = new Map<string, string>();
  readonly #tokens = new Map<string, string>();
  readonly #labels: string[] = [];
  #firstUnits = new Set<number>();
  #maxLength = 0;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  get maxLength(): number {
    return this.#maxLength;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** The token for a value, or null where the kind has no more tokens to give. */
  tokenFor(kind: string, value: string): string | null {
    const name = `${kind}\n${value}`;
    const known = this.#tokens.get(name);
    if (known !== undefined) return known;
    const label = kind.replaceAll(/[^A-Za-z]/g, '').toUpperCase() || 'VALUE';
    for (let attempt = 0; attempt < mostTries; attempt++) {
      const id = keyedHash(this.#secret, `${attempt}\n${name}`, idLength);
      const key = `${label}${id}`.toLowerCase();
      if (this.#values.has(key)) continue;
      this.#values.set(key, value);
      if (!this.#labels.includes(label.toLowerCase())) this.#addLabel(label.toLowerCase());
      const token = `${label}_${id.toUpperCase()}`;
      this.#tokens.set(name, token);
      return token;
    }
    return null;
  }

  /** What a token stands for, as a model wrote it. */
  valueOf(written: string): string | null {
    return this.#values.get(canonical(written)) ?? null;
  }

  find(text: string): Match[] {
    const matches: Match[] = [];
    for (let at = 0; at < text.length; at++) {
      if (!this.#mayBegin(text, at)) continue;
      const end = this.#endAt(text, at);
      if (end === null || end === 'pending') continue;
      matches.push({ kind: 'token', start: at, end });
      at = end - 1;
    }
    return matches;
  }

  pendingFrom(text: string): number {
    for (let at = Math.max(0, text.length - this.#maxLength); at < text.length; at++) {
      if (!this.#mayBegin(text, at)) continue;
      const end = this.#endAt(text, at);
      // A token at the very end may still go on, and then it is none.
      if (end === 'pending' || end === text.length) return at;
    }
    return text.length;
  }

  #addLabel(label: string): void {
    this.#labels.push(label);
    this.#firstUnits = new Set(
      [...this.#labels, ...this.#labels.map((word) => word.toUpperCase())].map((word) => word.charCodeAt(0)),
    );
    this.#maxLength = Math.max(this.#maxLength, (label.length + idLength) * (mostFillers + 1) + 1);
  }

  #mayBegin(text: string, at: number): boolean {
    if (!this.#firstUnits.has(text.charCodeAt(at))) return false;
    return at === 0 || !wordUnit.test(text.charAt(at - 1));
  }

  /** Where the token that begins here ends; `pending` where the text ends within it; null where there is none. */
  #endAt(text: string, start: number): number | 'pending' | null {
    let isPending = false;
    for (const label of this.#labels) {
      const end = readUnits(text, start, label.length + idLength, label);
      if (end === 'pending') isPending = true;
      else if (end !== null && this.#isToken(text, start, end)) return end;
    }
    return isPending ? 'pending' : null;
  }

  #isToken(text: string, start: number, end: number): boolean {
    return (end === text.length || !wordUnit.test(text.charAt(end))) && this.#values.has(canonical(text.slice(start, end)));
  }
}

/** Reads letters and digits with fillers between them; the first ones must be those of `label`, the others hexadecimal. */
function readUnits(text: string, start: number, count: number, label: string): number | 'pending' | null {
  let at = start;
  for (let unit = 0; unit < count; unit++) {
    if (unit > 0) {
      for (let fillers = 0; fillers < mostFillers && at < text.length && filler.test(text.charAt(at)); fillers++) at++;
    }
    if (at >= text.length) return 'pending';
    const letter = text.charAt(at).toLowerCase();
    if (unit < label.length ? letter !== label[unit] : !/[0-9a-f]/.test(letter)) return null;
    at++;
  }
  return at;
}

function canonical(written: string): string {
  return written.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}
