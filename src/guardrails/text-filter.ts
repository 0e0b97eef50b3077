import type { RuleSet } from './rule-set.ts';
import { contextStart, scan, type Region } from './scan.ts';

/** Decides what stands in the place of a region, and counts it. @throws GatewayError for what is blocked */
export type Rewriter = (region: Region, text: string) => string;

/** Longer than this, held-back text is not looked at again for every piece that comes, so that long values cost no more than short ones. */
const oftenScanned = 512;

/**
 * Rewrites a text that comes in pieces. What it returns, joined, is what `rewriteText` makes of the whole, however it was cut; what was
 * returned never changes; and no more is held back than what more text could still decide.
 */
export class TextFilter {
  readonly #rules: RuleSet;
  readonly #rewrite: Rewriter;
  /** What was let go last, as it came: the detectors look back at it. */
  #context = '';
  #held = '';
  #unseen = 0;

  constructor(rules: RuleSet, rewrite: Rewriter) {
    this.#rules = rules;
    this.#rewrite = rewrite;
  }

  /** Whether text is held back. */
  get isHolding(): boolean {
    return this.#held !== '';
  }

  /** Takes a piece, and returns what may go out. */
  push(piece: string): string {
    if (piece === '') return '';
    this.#held += piece;
    this.#unseen += piece.length;
    if (this.#held.length > oftenScanned && this.#unseen * 16 < this.#held.length) return '';
    return this.#release(false);
  }

  /** Returns what is left, as the text is over. */
  flush(): string {
    return this.#held === '' ? '' : this.#release(true);
  }

  #release(isWhole: boolean): string {
    const text = this.#context + this.#held;
    const from = this.#context.length;
    this.#unseen = 0;
    const { regions, decided } = scan(text, this.#rules, { from, isWhole });
    if (decided === from) return '';
    const output =
      regions.length === 0 ? text.slice(from, decided) : rewriteRegions(text.slice(0, decided), regions, from, this.#rewrite);
    this.#context = text.slice(contextStart(text, this.#rules, decided), decided);
    this.#held = text.slice(decided);
    return output;
  }
}

/** Rewrites a whole text. Returns the very same string where nothing was found. */
export function rewriteText(text: string, rules: RuleSet, rewrite: Rewriter): string {
  const { regions } = scan(text, rules, { from: 0, isWhole: true });
  return regions.length === 0 ? text : rewriteRegions(text, regions, 0, rewrite);
}

function rewriteRegions(text: string, regions: readonly Region[], from: number, rewrite: Rewriter): string {
  let output = '';
  let at = from;
  for (const region of regions) {
    output += text.slice(at, region.start) + rewrite(region, text.slice(region.start, region.end));
    at = region.end;
  }
  return output + text.slice(at);
}
