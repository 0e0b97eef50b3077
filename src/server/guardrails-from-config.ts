import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors.ts';
import { detectorSources } from '../guardrails/detector-sources.ts';
import { Guardrails } from '../guardrails/guardrails.ts';
import type { GuardrailSettings } from '../guardrails/settings.ts';
import type { Transport } from '../transport/transport.ts';
import { isObject } from '../wire/parse.ts';

type GuardrailConfig = Config['guardrails'][number];
type Words = GuardrailConfig['words'];

const webhookTimeoutMs = 3_000;
const injectionThreshold = 3;

/**
 * Builds the guardrails of a configuration. Hashes and tokens mean something to this process only, over reloads too.
 * @param configFile paths in the configuration begin beside it; null: in the working directory
 * @returns a function that throws a GatewayError naming the guardrail, pattern or file that is of no use
 */
export function guardrailBuilder(transport: Transport, configFile: string | null): (config: Config) => Guardrails {
  const secret = randomBytes(32);
  const folder = configFile === null ? '.' : dirname(configFile);
  const sources = detectorSources();
  return (config) => {
    try {
      return new Guardrails(guardrailSettings(config.guardrails, folder), sources, { transport, secret });
    } catch (cause) {
      throw new GatewayError('internal_error', cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

/**
 * Guardrails as the configuration has them, with defaults by kind, words read from their files, and secrets revealed.
 * @param folder where relative paths begin
 * @throws Error naming a file of words that cannot be read
 */
function guardrailSettings(guardrails: Config['guardrails'], folder: string): GuardrailSettings[] {
  return guardrails.map((config): GuardrailSettings => {
    const { name, logOnly, onError, always, models, keys, teams } = config;
    const common = { name, logOnly, onError, always, models, keys, teams, mode: config.mode ?? 'both' };
    switch (config.kind) {
      case 'injection':
        return { ...common, kind: config.kind, mode: 'input', threshold: config.threshold ?? injectionThreshold };
      case 'webhook': {
        const headers = Object.fromEntries(Object.entries(config.headers ?? {}).map(([key, value]) => [key, value.reveal()]));
        return { ...common, kind: config.kind, url: config.url ?? '', headers, timeoutMs: config.timeoutMs ?? webhookTimeoutMs };
      }
      case 'pii':
      case 'patterns':
        return {
          ...common,
          kind: config.kind,
          detectors: config.detectors ?? [],
          phoneRegions: config.phoneRegions ?? ['US'],
          patterns: config.patterns ?? [],
          words: [
            ...(config.words ?? []),
            ...(config.wordsFile === undefined ? [] : readWords(resolve(folder, config.wordsFile))),
          ],
          maskFormat: config.maskFormat ?? '[{KIND}_REDACTED]',
          wordMask: config.wordMask ?? '[KEYWORD_REDACTED]',
        };
    }
  });
}

/** One word a line, or LiteLLM's YAML: `blocked_words` with `keyword` and `action` (BLOCK or MASK). */
function readWords(path: string): NonNullable<Words> {
  const text = readFileSync(path, 'utf8');
  if (!/\.ya?ml$/i.test(path)) {
    const lines = text.split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#')).map((word) => ({ word, action: 'mask' }));
  }
  const value: unknown = parse(text);
  const entries = isObject(value) ? value['blocked_words'] : value;
  if (!Array.isArray(entries)) throw new Error(`${path} has no list of blocked_words`);
  return entries.map((entry: unknown) => {
    if (isObject(entry) && typeof entry['keyword'] === 'string')
      return { word: entry['keyword'], action: entry['action'] === 'MASK' ? 'mask' : 'block' };
    throw new Error(`${path}: each of blocked_words needs a keyword`);
  });
}
