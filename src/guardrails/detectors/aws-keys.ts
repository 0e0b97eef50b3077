import type { Detector } from '../detector.ts';
import { hasRunOf } from './has-run-of.ts';
import { ruleDetector } from './rule-detector.ts';
import { wordRun } from './word-run.ts';

const ID = /(?<!(?<!\\)[A-Za-z0-9_])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9_])/;
const ID_PREFIX = /AKIA|ASIA|ABIA|ACCA/;
/** At least a small letter, a capital and a digit: hexadecimal hashes have only two of them. */
const MIXED = '(?=[A-Z0-9/+]{0,39}[a-z])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Za-z/+]{0,39}[0-9])';
const SECRET = new RegExp(`(?<![A-Za-z0-9/+])${MIXED}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])`);
const WORDS = /aws|amazon|secret|access.?key|A[KS]IA[A-Z0-9]{16}/i;

/** Ids of AWS access keys (IAM User Guide, "Unique identifiers"). */
export function awsAccessKeyDetector(): Detector {
  return ruleDetector({ kind: 'aws_access_key', pattern: ID, isValid: () => true }, wordRun, (text) => ID_PREFIX.test(text));
}

/** Secrets of AWS access keys: 40 characters that look random, behind words that say so, or behind an access key id. */
export function awsSecretKeyDetector(): Detector {
  const rule = { kind: 'aws_secret_key', pattern: SECRET, isValid: isVaried, words: WORDS };
  return ruleDetector(rule, wordRun, hasRunOf(40, /[A-Za-z0-9/+]/));
}

/** Whether enough different characters occur, capitals and small letters taken for the same: words and repetitions have fewer. */
const isVaried = (value: string): boolean => new Set(value).size >= 14;
