import { isIPv6 } from 'node:net';
import type { Detector, Match } from '../detector.ts';
import { hasContext } from './context-words.ts';
import { eachMatch } from './each-match.ts';
import { WORD_BEGINS } from './number-run.ts';
import { runDetector } from './run.ts';
import { wordRun } from './word-run.ts';

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const V4 = new RegExp(`${WORD_BEGINS}(?<![0-9][.:-]|\\.)(?:${OCTET}\\.){3}${OCTET}(?![A-Za-z0-9_])(?![.-][0-9A-Za-z])`, 'g');
const VERSION = /(?:\bv|\bver\.?|version|release|build|firmware|chapter|section|kapitel|abschnitt|§)[\s:]{0,3}$/i;
const V6 = /(?<!(?<!\\)[A-Za-z0-9_:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,44}(?![A-Za-z0-9_])/g;
const TWO_COLONS = /:[0-9A-Fa-f]{0,4}:/;
const THREE_POINTS = /[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]/;

/** IPv4 addresses: four numbers up to 255 without leading zeros; no versions and numbered sections. */
export function ipv4Detector(): Detector {
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(V4, text, ({ 0: value, index }) => {
      if (!hasContext(text, index, VERSION)) found.push({ kind: 'ipv4', start: index, end: index + value.length });
    });
    return found;
  };
  return runDetector({ kinds: ['ipv4'], run: wordRun, gate: (text) => THREE_POINTS.test(text), candidates });
}

/** IPv6 addresses in all their short forms (RFC 4291, section 2.2), at least two parts of them written out, or the loopback address. */
export function ipv6Detector(): Detector {
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(V6, text, ({ 0: written, index }) => {
      // A point or colon behind an address is the sentence's, unless it is one of a pair of colons.
      const value = written.replace(/\.{1,3}$|(?<=[^:]):$/, '');
      const isWritten = value === '::1' || value.split(':').filter(Boolean).length >= 2;
      if (isWritten && isIPv6(value)) found.push({ kind: 'ipv6', start: index, end: index + value.length });
    });
    return found;
  };
  return runDetector({ kinds: ['ipv6'], run: wordRun, gate: (text) => TWO_COLONS.test(text), candidates });
}
