import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseStrict } from './parse-strict.ts';
import { key } from './schema-governance.ts';
import type { Config } from './schema.ts';

interface KeysFileContext {
  variables: Readonly<Record<string, string | undefined>>;
  /** Names of the guardrails that there are: those that keys demand must be among them. */
  guardrails: readonly string[];
}

/**
 * The keys of a file whose only key is `keys`; null: there is no such file.
 * @throws ConfigError with every finding, each with its line
 */
export function readKeysFile(path: string, context: KeysFileContext): Config['keys'] | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return null;
    throw new ConfigError(path, [{ line: null, path: '', message: `cannot be read (${code})` }]);
  }
  return parseKeys(text, path, context);
}

function parseKeys(text: string, file: string, { variables, guardrails }: KeysFileContext): Config['keys'] {
  const schema = z.strictObject({ keys: z.array(key).nullish() }).superRefine(({ keys }, context) => {
    for (const [index, { guardrails: wanted }] of (keys ?? []).entries()) {
      for (const [at, name] of wanted.entries()) {
        if (guardrails.includes(name)) continue;
        context.addIssue({ code: 'custom', path: ['keys', index, 'guardrails', at], message: `there is no guardrail "${name}"` });
      }
    }
  });
  return parseStrict(text, file, { schema, variables }).keys ?? [];
}
