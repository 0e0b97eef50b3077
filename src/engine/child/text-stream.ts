/** What a decoder turns into text: the tokens, and some that came before them as context. */
export type Detokenize<Token> = (tokens: readonly Token[], before: readonly Token[]) => string;

const replacement = '\uFFFD';
/** A character of UTF-8 has at most four bytes; what is still broken after five tokens of a byte each will stay so. */
const mostHeldTokens = 5;
const contextTokens = 3;

/** Turns tokens into text as they come, and holds those back that end within a character (emoji are several tokens). */
export class TokenDecoder<Token> {
  readonly #detokenize: Detokenize<Token>;
  #before: Token[];
  #held: Token[] = [];

  /** `before` is the end of the prompt. */
  constructor(detokenize: Detokenize<Token>, before: readonly Token[]) {
    this.#detokenize = detokenize;
    this.#before = before.slice(-contextTokens);
  }

  /** The text that became whole with this token; may be empty. */
  push(token: Token): string {
    this.#held.push(token);
    const text = this.#detokenize(this.#held, this.#before);
    if (text.endsWith(replacement) && this.#held.length < mostHeldTokens) return '';
    this.#before = [...this.#before, ...this.#held].slice(-contextTokens);
    this.#held = [];
    return text;
  }

  /** The text of what is still held, less the character that never became whole. */
  end(): string {
    const text = this.#held.length === 0 ? '' : this.#detokenize(this.#held, this.#before);
    this.#held = [];
    return text.replace(/\uFFFD+$/, '');
  }
}

/**
 * Passes text on up to the first stop string. Text that may be the beginning of a stop string is held back until that is decided, so that
 * no part of one ever gets out. Where stop strings overlap, the one that is complete first ends the text, however it was cut into pieces.
 */
export class StopScanner {
  readonly #stops: readonly string[];
  #held = '';
  #isStopped = false;
  #rest = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What came behind the stop string in the piece that completed it. */
  get rest(): string {
    return this.#rest;
  }

  /** The text that is safe to show now. After a stop string always empty. */
  push(piece: string): string {
    if (this.#isStopped) return '';
    const text = this.#held + piece;
    const found = this.#findFirst(text);
    if (found !== undefined) {
      this.#isStopped = true;
      this.#held = '';
      this.#rest = text.slice(found.end);
      return text.slice(0, found.start);
    }
    const safe = text.length - this.#pendingLength(text);
    this.#held = text.slice(safe);
    return text.slice(0, safe);
  }

  /** What was held back and is no stop string after all. */
  end(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** The stop string that is complete first; of several, the longest. */
  #findFirst(text: string): { start: number; end: number } | undefined {
    const found = this.#stops
      .map((stop) => ({ start: text.indexOf(stop), end: text.indexOf(stop) + stop.length }))
      .filter(({ start }) => start >= 0)
      .sort((one, other) => one.end - other.end || one.start - other.start);
    return found[0];
  }

  /** Length of the longest end of `text` that a stop string begins with. */
  #pendingLength(text: string): number {
    const lengths = this.#stops.map((stop) => {
      let length = Math.min(stop.length - 1, text.length);
      while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
      return length;
    });
    return Math.max(0, ...lengths);
  }
}
