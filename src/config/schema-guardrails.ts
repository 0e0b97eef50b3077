import { z } from 'zod';
import { duration, headerName, headerSecret } from './schema-values.ts';

/** Kinds of values that the built-in detectors find; a test holds this list to theirs. */
export const detectorKinds = [
  'private_key',
  'jwt',
  'email',
  'iban',
  'credit_card',
  'aws_access_key',
  'api_key',
  'aws_secret_key',
  'us_ssn',
  'passport',
  'de_passport',
  'it_fiscal_code',
  'uk_nino',
  'es_dni',
  'es_nie',
  'fr_nir',
  'de_tax_id',
  'uk_nhs',
  'nl_bsn',
  'in_aadhaar',
  'br_cpf',
  'br_cnpj',
  'ca_sin',
  'pl_pesel',
  'us_bank_routing',
  'ipv4',
  'ipv6',
  'phone',
  'visa',
  'mastercard',
  'amex',
  'github_token',
] as const;

export type DetectorKind = (typeof detectorKinds)[number];

const action = z
  .enum(['mask', 'hash', 'replace', 'block'])
  .default('mask')
  .describe('mask, hash (keyed), replace by a token that is put back in the answer, or block the request or answer.');

const detector = z.strictObject({
  kind: z.enum(detectorKinds).describe('What to find.'),
  action,
});
const pattern = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z]\w{0,63}$/, 'must begin with a letter and hold only letters, digits and _')
    .describe('Its kind in masks, refusals and metrics.'),
  pattern: z.string().min(1).describe('A regular expression in RE2 syntax: no look-around, no back references.'),
  ignoreCase: z.boolean().default(false).describe('Whether capital and small letters are the same.'),
  action,
});
const word = z.strictObject({
  word: z.string().min(1).describe('A word or a phrase; capital and small letters are the same.'),
  action,
});

/** Which keys belong to which kind alone. */
const ownKeys = {
  pii: ['detectors', 'phoneRegions', 'patterns', 'words', 'wordsFile', 'maskFormat', 'wordMask'],
  patterns: ['detectors', 'phoneRegions', 'patterns', 'words', 'wordsFile', 'maskFormat', 'wordMask'],
  injection: ['threshold'],
  webhook: ['url', 'headers', 'timeoutMs'],
} as const;

/** One guardrail. */
export const guardrail = z
  .strictObject({
    name: z.string().min(1).max(100).describe('How requests, keys, logs and metrics name it.'),
    kind: z
      .enum(['pii', 'patterns', 'injection', 'webhook'])
      .describe(
        'pii, patterns: looks for values, patterns and words; injection: signs of prompt injection; webhook: asks a service of your own.',
      ),
    mode: z.enum(['input', 'output', 'both']).optional().describe('What it looks at; default: both, for injection input.'),
    logOnly: z.boolean().default(false).describe('It only counts what it finds.'),
    onError: z
      .enum(['closed', 'open'])
      .default('closed')
      .describe('When it fails itself: refuse the request, or let it pass and count that.'),
    always: z
      .boolean()
      .default(true)
      .describe('Runs for every request that it is for; if not, only where it is asked for by name.'),
    models: z.array(z.string().min(1)).default([]).describe('Models that it is for; default: all.'),
    keys: z.array(z.string().min(1)).default([]).describe('Aliases of keys that it is for; default: all.'),
    teams: z.array(z.string().min(1)).default([]).describe('Teams that it is for; default: all.'),
    detectors: z.array(detector).optional().describe('Kinds of values to find.'),
    phoneRegions: z
      .array(z.string().regex(/^[A-Z]{2}$/, 'must be a country as two capital letters, e.g. US'))
      .optional()
      .describe('Countries whose phone numbers are found without their country code; default: US.'),
    patterns: z.array(pattern).optional().describe('Regular expressions of your own.'),
    words: z.array(word).optional().describe('Words that must not pass.'),
    wordsFile: z
      .string()
      .min(1)
      .optional()
      .describe('A file of further words: one a line, or YAML with blocked_words as LiteLLM has it. Read at start.'),
    maskFormat: z
      .string()
      .min(1)
      .optional()
      .describe('What stands in the place of a masked value, {KIND} or {kind} for its kind; default: [{KIND}_REDACTED].'),
    wordMask: z.string().min(1).optional().describe('What stands in the place of a masked word; default: [KEYWORD_REDACTED].'),
    threshold: z.int().min(1).optional().describe('kind injection: score from which a text is refused; default: 3.'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('kind webhook: where texts are sent.'),
    headers: z.record(headerName, headerSecret).optional().describe('kind webhook: further headers.'),
    timeoutMs: duration.optional().describe('kind webhook: time to its answer; default: 3000. Milliseconds.'),
  })
  .superRefine((value, context) => {
    const own: readonly string[] = ownKeys[value.kind];
    for (const key of new Set(Object.values(ownKeys).flat())) {
      if (value[key] === undefined || own.includes(key)) continue;
      context.addIssue({ code: 'custom', path: [key], message: `has no meaning for kind "${value.kind}"; leave it out` });
    }
    const { detectors, patterns, words, wordsFile } = value;
    const finds = (detectors ?? []).length + (patterns ?? []).length + (words ?? []).length;
    if ((value.kind === 'pii' || value.kind === 'patterns') && finds === 0 && wordsFile === undefined)
      context.addIssue({
        code: 'custom',
        path: [value.kind === 'pii' ? 'detectors' : 'patterns'],
        message: `needs at least one for kind "${value.kind}"`,
      });
    if (value.kind === 'webhook' && value.url === undefined)
      context.addIssue({ code: 'custom', path: ['url'], message: 'required for kind "webhook"' });
    if (value.kind === 'injection' && value.mode !== undefined && value.mode !== 'input')
      context.addIssue({ code: 'custom', path: ['mode'], message: 'must be input: injections come with requests' });
  });

type Guardrails = z.output<typeof guardrail>[];

/** Names are used once, and those that keys demand exist. */
export function checkGuardrails(
  { guardrails, keys }: { guardrails: Guardrails; keys: readonly { guardrails: readonly string[] }[] },
  context: z.RefinementCtx,
): void {
  const names = new Set<string>();
  for (const [index, { name }] of guardrails.entries()) {
    if (names.has(name)) {
      context.addIssue({ code: 'custom', path: ['guardrails', index, 'name'], message: `"${name}" names another guardrail` });
    }
    names.add(name);
  }
  for (const [index, key] of keys.entries()) {
    for (const [at, name] of key.guardrails.entries()) {
      if (names.has(name)) continue;
      context.addIssue({ code: 'custom', path: ['keys', index, 'guardrails', at], message: `there is no guardrail "${name}"` });
    }
  }
}
