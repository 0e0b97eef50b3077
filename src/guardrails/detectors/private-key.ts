import type { Detector, Match } from '../detector.ts';

/** Holds an RSA key of 16,384 bits. What is longer is a match up to here. */
const LONGEST = 13_000;
const BEGINS = '-----BEGIN';
const HEADER = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const LONGEST_HEADER = 80;
/** Between parts of a body: white space, also written as an escape in JSON and code. */
const GAP = /(?:\s|\\[nrt]|["',+]){1,80}/y;
const FIELD = /[A-Za-z][A-Za-z-]{1,30}: (?:(?!--)[^\n\\]){0,100}/y;
const BASE64 = /[A-Za-z0-9+/=]{1,13000}/y;
const FOOTER = /-----END [A-Z0-9 ]{0,60}-----/y;
/** A header, escape, field or footer that breaks off. */
const BROKEN_HEADER = /^-----BEGIN(?: [A-Z0-9 ]{0,60}-{0,4})?$/;
const BROKEN_PART = /^(?:\\|-{1,5}|-----E|-----EN|-----END(?: [A-Z0-9 ]{0,60}-{0,4})?|[A-Za-z][A-Za-z-]{0,30}:?)$/;
const BROKEN_BEGIN = /-{1,5}$|-----(?:B|BE|BEG|BEGI)$/;
/** Shorter parts are the last line and the checksum, of which a key has at most two. */
const SHORTEST_LINE = 16;

/**
 * Private keys as PEM blocks (RFC 7468) and OpenPGP armour, from the first hyphen to the last; also on one line with `\n` escapes, and without their end when
 * the text breaks off. A block is pending from its first hyphen to its last, and no longer: as soon as something stands there that no key contains,
 * it is decided, so a sentence about `-----BEGIN PRIVATE KEY-----` is not held back.
 */
export function privateKeyDetector(): Detector {
  return {
    kinds: ['private_key'],
    maxLength: LONGEST,
    lookBehind: LONGEST + LONGEST_HEADER,
    gate: (text) => text.includes(BEGINS),
    find(text) {
      const found: Match[] = [];
      for (let start = text.indexOf(BEGINS); start >= 0; start = text.indexOf(BEGINS, start + 1)) {
        const { length } = readBlock(text.slice(start, start + LONGEST));
        if (length > 0) found.push({ kind: 'private_key', start, end: start + length });
      }
      return found;
    },
    pendingFrom(text) {
      for (
        let start = text.indexOf(BEGINS, Math.max(0, text.length - LONGEST));
        start >= 0;
        start = text.indexOf(BEGINS, start + 1)
      ) {
        if (readBlock(text.slice(start, start + LONGEST)).isOpen) return start;
      }
      const tail = Math.max(0, text.length - BEGINS.length);
      const broken = BROKEN_BEGIN.exec(text.slice(tail));
      return broken === null ? text.length : tail + broken.index;
    },
    contextFrom(text, index) {
      const start = text.indexOf(BEGINS, Math.max(0, index - LONGEST));
      return start >= 0 && start < index ? start : index;
    },
  };
}

interface Block {
  /** Units of the key; 0 when there is none. */
  length: number;
  /** Whether more text would change that. */
  isOpen: boolean;
}

/** Reads a block from its first hyphen on; `text` is cut off where the longest block would end. */
function readBlock(text: string): Block {
  const header = read(HEADER, text, 0);
  if (header === 0) return { length: 0, isOpen: BROKEN_HEADER.test(text) };
  let at = header;
  let length = 0;
  for (let shorts = 0; shorts <= 2;) {
    at = read(GAP, text, at);
    const footer = read(FOOTER, text, at);
    if (footer > at) return { length: footer, isOpen: false };
    if (at < text.length && at + 40 > text.length - LONGEST_HEADER && BROKEN_PART.test(text.slice(at))) break;
    const field = read(FIELD, text, at);
    const line = field > at ? field : read(BASE64, text, at);
    if (line < text.length && line === at && read(GAP, text, at) === at) return { length, isOpen: false };
    if (field === at && line - at >= SHORTEST_LINE) length = line;
    shorts = field > at || line - at >= SHORTEST_LINE || line === at ? 0 : shorts + 1;
    at = line;
    if (at === text.length) break;
    if (shorts > 2) return { length, isOpen: false };
  }
  const isFull = text.length === LONGEST;
  return { length: length === 0 ? 0 : text.length, isOpen: !isFull };
}

/** Behind what a sticky pattern matches at `index`; `index` when it does not. */
function read(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return pattern.test(text) ? pattern.lastIndex : index;
}
