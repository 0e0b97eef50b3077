import type { Detector, Match } from '../detector.ts';
import { runDetector } from './run.ts';
import { isForeignLetter, wordRun } from './word-run.ts';

const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
const LONGEST_LABEL = 63;
/** `logo@2x.png` is a file for dense screens, no address. */
const DENSITY = /^[0-9](?:\.[0-9])?x\./;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;
const TOP_LEVEL = /^(?:[\p{L}]{2,}|xn--[a-z0-9-]{2,})$/iu;

/** E-mail addresses: a local part of at most 64 characters, and a domain of valid labels with an alphabetic last one (RFC 5321, section 4.5.3.1). */
export function emailDetector(): Detector {
  return runDetector({ kinds: ['email'], run: wordRun, gate: (text) => text.includes('@'), candidates });
}

function candidates(text: string): Match[] {
  const found: Match[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at);
    const end = start < at ? domainEnd(text, at + 1) : at;
    if (end > at + 1) found.push({ kind: 'email', start, end });
  }
  return found;
}

/** Where the local part begins; `at` when there is none. */
function localStart(text: string, at: number): number {
  const least = Math.max(0, at - LONGEST_LOCAL);
  let start = at;
  while (start > least && isOfLocal(text.charCodeAt(start - 1))) start--;
  if (start > 0 && isOfLocal(text.charCodeAt(start - 1))) return at;
  // Dots and quotes belong to the sentence before it, and a dot before the sign makes it none.
  while (start < at && (text[start] === '.' || text[start] === "'")) start++;
  // The letter of an escape, as in JSON within JSON.
  if (start + 1 < at && text[start - 1] === '\\' && 'nrtbf'.includes(text.charAt(start))) start++;
  const local = text.slice(start, at);
  return local.endsWith('.') || local.includes('..') ? at : start;
}

/** Behind the longest valid domain at `start`; `start` when there is none. */
function domainEnd(text: string, start: number): number {
  if (DENSITY.test(text.slice(start, start + 5))) return start;
  const most = Math.min(text.length, start + LONGEST_DOMAIN);
  let best = start;
  let labelStart = start;
  for (;;) {
    let end = labelStart;
    while (end < most && isOfLabel(text.charCodeAt(end))) end++;
    if (end === most && most < text.length) return best;
    const label = trimHyphens(text.slice(labelStart, end));
    if (label.length > LONGEST_LABEL || !LABEL.test(label)) return best;
    if (labelStart > start && TOP_LEVEL.test(label)) best = labelStart + label.length;
    if (labelStart + label.length < end || text[end] !== '.') return best;
    labelStart = end + 1;
  }
}

/** A dash after an address (`a@b.com-`) is the sentence's. */
const trimHyphens = (label: string): string => label.replace(/-{1,63}$/, '');

/** Letters, digits and . _ % + - ' of the local part. */
function isOfLocal(code: number): boolean {
  return isOfLabel(code) || code === 0x2e || code === 0x5f || code === 0x25 || code === 0x2b || code === 0x27;
}

function isOfLabel(code: number): boolean {
  if (code >= 0x80) return isForeignLetter(code);
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x2d;
}
