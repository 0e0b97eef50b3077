import { TextFilter, type Rewriter } from './text-filter.ts';
import type { RuleSet } from './rule-set.ts';

/** The part of a text filter that streams need. */
export interface PieceFilter {
  readonly isHolding: boolean;
  push(piece: string): string;
  flush(): string;
}

/**
 * Rewrites a text that is JSON, or should be, and comes in pieces. The values of strings are read without their escapes, so that none can hide
 * in one, and written with new ones; what is found outside strings (a number) becomes a string. Valid JSON stays valid JSON.
 */
export class JsonFilter implements PieceFilter {
  readonly #outside: TextFilter;
  readonly #makeInside: () => TextFilter;
  /** The string that is open, or null between strings. */
  #inside: TextFilter | null = null;
  /** The beginning of an escape whose rest has not come. */
  #escape = '';

  constructor(rules: RuleSet, rewrite: Rewriter) {
    this.#outside = new TextFilter(rules, (region, text) => JSON.stringify(rewrite(region, text)));
    this.#makeInside = () => new TextFilter(rules, rewrite);
  }

  get isHolding(): boolean {
    return this.#outside.isHolding || this.#inside?.isHolding === true || this.#escape !== '';
  }

  push(piece: string): string {
    const text = this.#escape + piece;
    this.#escape = '';
    let output = '';
    let at = 0;
    while (at < text.length) {
      const quote = this.#inside === null ? text.indexOf('"', at) : endOfString(text, at);
      if (quote === -1) return output + this.#pushOpen(text.slice(at));
      output +=
        this.#inside === null ? this.#outside.push(text.slice(at, quote)) : this.#pushInside(this.#inside, text.slice(at, quote));
      output += this.#toggle();
      at = quote + 1;
    }
    return output;
  }

  flush(): string {
    const rest = this.#inside === null ? this.#outside.flush() : escapeJson(this.#inside.flush());
    const escape = this.#escape;
    this.#escape = '';
    return rest + escape;
  }

  #toggle(): string {
    if (this.#inside === null) {
      this.#inside = this.#makeInside();
      return `${this.#outside.flush()}"`;
    }
    const rest = escapeJson(this.#inside.flush());
    this.#inside = null;
    return `${rest}"`;
  }

  #pushOpen(text: string): string {
    if (this.#inside === null) return this.#outside.push(text);
    const whole = withoutOpenEscape(text);
    this.#escape = text.slice(whole.length);
    return this.#pushInside(this.#inside, whole);
  }

  #pushInside(inside: TextFilter, raw: string): string {
    return escapeJson(inside.push(unescapeJson(raw)));
  }
}

/** Rewrites a whole text that is JSON, or should be. Returns the very same string where nothing was found. */
export function rewriteJson(text: string, rules: RuleSet, rewrite: Rewriter): string {
  let isChanged = false;
  const filter = new JsonFilter(rules, (region, found) => {
    isChanged = true;
    return rewrite(region, found);
  });
  const rewritten = filter.push(text) + filter.flush();
  return isChanged ? rewritten : text;
}

/** The quote that closes a string, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at++;
  }
  return -1;
}

const openEscape = /(?:\\u[0-9a-fA-F]{0,3}|\\)$/;

function withoutOpenEscape(text: string): string {
  const open = openEscape.exec(text);
  if (open === null) return text;
  let backslashes = 0;
  for (let at = open.index; at >= 0 && text[at] === '\\'; at--) backslashes++;
  // An even number of backslashes are escaped ones: nothing is open.
  return backslashes % 2 === 0 ? text : text.slice(0, open.index);
}

const letters: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The value of the inside of a JSON string; what is no escape stays as it is. */
function unescapeJson(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_escape, code?: string, letter?: string) =>
    code === undefined ? (letters[letter ?? ''] ?? letter ?? '') : String.fromCharCode(parseInt(code, 16)),
  );
}

function escapeJson(text: string): string {
  return text === '' ? '' : JSON.stringify(text).slice(1, -1);
}
