import type { Detector, Match } from '../detector.ts';
import { eachMatch } from './each-match.ts';
import { makeRun, runDetector } from './run.ts';

/** Header, payload and what follows (a signature; three more parts when encrypted). A longer token is a match up to here. */
const TOKEN =
  /(?<!(?<!\\)[A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{8,600})\.[A-Za-z0-9_-]{0,2700}(?:\.[A-Za-z0-9_-]{0,350}){0,2}(?:\.[A-Za-z0-9_-]{0,700})?/g;
const LONGEST = 4_800;

/** JSON Web Tokens, signed or encrypted: the header must be an object that names its algorithm (RFC 7519; RFC 7515, section 4.1.1). */
export function jwtDetector(): Detector {
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(TOKEN, text, ({ 0: written, 1: header = '', index }) => {
      if (!namesAlgorithm(header)) return;
      const value = written.replace(/\.{1,3}$/, '');
      found.push({ kind: 'jwt', start: index, end: index + value.length });
    });
    return found;
  };
  return runDetector({ kinds: ['jwt'], run: tokenRun, gate: (text) => text.includes('eyJ'), candidates });
}

const tokenRun = makeRun({
  holds: (code) =>
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f,
  windowUnits: LONGEST,
  contextUnits: 2,
  opens: /(?<!(?<!\\)[A-Za-z0-9_-])e(?:$|y(?:$|J))/g,
});

function namesAlgorithm(header: string): boolean {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    return typeof decoded === 'object' && decoded !== null && 'alg' in decoded && typeof decoded.alg === 'string';
  } catch {
    // Not JSON: no token.
    return false;
  }
}
