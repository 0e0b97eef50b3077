import type { Detector, Match } from '../detector.ts';
import { settle } from './settle.ts';

/** A node of the tree of all words: what may follow, by UTF-16 unit. */
interface Node {
  next: Map<number, Node>;
  /** A word ends here. */
  isEnd: boolean;
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;
/** Alphabets that put no spaces between words, so that a border proves nothing. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * Words and phrases that an operator denies: in any case, as whole words (by Unicode's letters, digits and marks), any white space matching any other.
 * One walk over the text however many words there are.
 */
export function denyWordsDetector(kind: string, words: readonly string[]): Detector {
  const root = treeOf(words);
  const longest = Math.max(0, ...words.map(({ length }) => length));
  return {
    kinds: [kind],
    maxLength: longest,
    // A word before it that reaches an index, another that cuts its head off, and the code point before that.
    lookBehind: 2 * longest + 2,
    find(text) {
      const found: Match[] = [];
      for (let start = 0; start < text.length; start++) {
        if (!root.next.has(folded(text.charCodeAt(start)))) continue;
        const { end } = walk(root, text, start);
        if (end > start) found.push({ kind, start, end });
      }
      return settle(found);
    },
    pendingFrom(text) {
      // The unit behind a word may be half of a letter.
      for (let start = Math.max(0, text.length - longest - 1); start < text.length; start++) {
        if (root.next.has(folded(text.charCodeAt(start))) && walk(root, text, start).isOpen) return start;
      }
      return text.length;
    },
  };
}

function treeOf(words: readonly string[]): Node {
  const root: Node = { next: new Map(), isEnd: false };
  for (const word of words) {
    let node = root;
    for (let index = 0; index < word.length; index++) {
      const unit = folded(word.charCodeAt(index));
      const next = node.next.get(unit) ?? { next: new Map(), isEnd: false };
      node.next.set(unit, next);
      node = next;
    }
    if (word.length > 0) node.isEnd = true;
  }
  return root;
}

/** A unit without its case, white space as a space. Case that changes the length is left alone, so that indices stay true. */
function folded(unit: number): number {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a ? unit + 32 : unit >= 0x09 && unit <= 0x0d ? 0x20 : unit;
  if (unit === 0xa0 || unit === 0x202f) return 0x20;
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
}

/** The longest word at `start`, and whether more text might make or break one. */
function walk(root: Node, text: string, start: number): { end: number; isOpen: boolean } {
  let end = start;
  let node: Node | undefined = root;
  if (joins(text, start)) return { end, isOpen: false };
  for (let index = start; index < text.length; index++) {
    node = node.next.get(folded(text.charCodeAt(index)));
    if (node === undefined) return { end, isOpen: false };
    if (!node.isEnd) continue;
    const isHalf = index + 2 === text.length && isHighSurrogate(text.charCodeAt(index + 1));
    if (index + 1 === text.length || isHalf) return { end: index + 1, isOpen: true };
    if (!joins(text, index + 1)) end = index + 1;
  }
  return { end, isOpen: true };
}

/** Whether a word goes on over the border at `index`. */
function joins(text: string, index: number): boolean {
  if (index === 0) return false;
  const behind = characterAt(text, index);
  const before = characterAt(text, isLowSurrogate(text.charCodeAt(index - 1)) && index > 1 ? index - 2 : index - 1);
  return WORD.test(before) && WORD.test(behind) && !UNSPACED.test(before) && !UNSPACED.test(behind);
}

function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
