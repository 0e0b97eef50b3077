import type { Detector, Match } from '../detector.ts';
import { API_KEY_FORMS } from '../patterns/api-keys.ts';
import { eachMatch } from './each-match.ts';
import { hasRunOf } from './has-run-of.ts';
import { WORD_BEGINS } from './number-run.ts';
import { runDetector } from './run.ts';
import { wordRun } from './word-run.ts';

/** A Slack token's prefix and what must follow it at least. */
const SHORTEST = 15;

/** What may be asked of the API key detector besides its defaults. */
export interface ApiKeyOptions {
  /** What its matches are called; `api_key` by default. */
  kind?: string;
  /** Only the forms of this issuer; all by default. */
  issuer?: string;
}

/** API keys and access tokens of the well-known services, by their prefix and what it promises to be followed by. */
export function apiKeyDetector({ kind = 'api_key', issuer }: ApiKeyOptions = {}): Detector {
  const forms = API_KEY_FORMS.filter((form) => issuer === undefined || form.issuer === issuer);
  const prefixes = new RegExp(`(?:${forms.map(({ prefix }) => prefix).join('|')})[A-Za-z0-9_-]`);
  const pattern = new RegExp(
    `${WORD_BEGINS}(?:${forms.map(({ prefix, rest, isRandom }) => (isRandom ? `(${prefix}${rest})` : `${prefix}${rest}`)).join('|')})(?![A-Za-z0-9])`,
    'g',
  );
  const isLong = hasRunOf(SHORTEST, /[A-Za-z0-9_.-]/);
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(pattern, text, ({ 0: value, 1: unclear, index }) => {
      if (unclear === undefined || looksRandom(unclear)) found.push({ kind, start: index, end: index + value.length });
    });
    return found;
  };
  return runDetector({ kinds: [kind], run: wordRun, gate: (text) => isLong(text) && prefixes.test(text), candidates });
}

/** Words joined by hyphens have no digits among letters; random keys do, and capitals or many hexadecimal digits. */
function looksRandom(value: string): boolean {
  const key = value.slice(value.indexOf('-') + 1);
  return /[0-9]/.test(key) && /[A-Za-z]/.test(key) && (/[A-Z]/.test(key) || /^[0-9a-z]{20,250}$/.test(key));
}
