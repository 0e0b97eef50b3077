import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { keyOf } from './document-lines.ts';
import { isLitellmFile } from './litellm/dialect.ts';
import { loadLitellm, type LoadedConfig } from './litellm/load-litellm.ts';
import { deepFreeze, parseStrict } from './parse-strict.ts';
import { configSchema, type Config } from './schema.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const fileNames = ['sluice.yaml', 'sluice.yml'];

/** The configuration file in use: the one named, else `sluice.yaml` or `sluice.yml` in the working directory, else none. */
export function findConfigFile(named: string | undefined, directory: string): string | null {
  if (named !== undefined) return resolve(directory, named);
  return fileNames.map((name) => resolve(directory, name)).find((path) => existsSync(path)) ?? null;
}

/**
 * Reads and checks a configuration file, ours or LiteLLM's; without one, the defaults.
 * @throws ConfigError with every finding, each with its line
 */
export function readConfig(path: string | null, variables: Variables): LoadedConfig {
  if (path === null) return parseAny('', 'defaults', {});
  return parseAny(readConfigText(path), path, variables);
}

/** `readConfig` without what it warns of. @throws ConfigError */
export function loadConfig(path: string | null, variables: Variables): Config {
  return readConfig(path, variables).config;
}

/** The text of a configuration file. @throws ConfigError */
export function readConfigText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new ConfigError(path, [{ line: null, path: '', message }]);
  }
}

/** Parses a configuration text. `file` names it in findings, and is where files that it includes are looked for. @throws ConfigError */
export function parseConfig(text: string, file: string, variables: Variables): Config {
  return parseAny(text, file, variables).config;
}

function parseAny(text: string, file: string, variables: Variables): LoadedConfig {
  const document = parseDocument(text, { prettyErrors: false });
  if (isMap(document.contents) && isLitellmFile(document.contents.items.map(keyOf))) {
    const loaded = loadLitellm(text, file, variables, (path) => readFileSync(path, 'utf8'));
    return { ...loaded, config: deepFreeze(loaded.config) };
  }
  return { config: parseStrict(text, file, { schema: configSchema, variables }), warnings: [], files: [file] };
}

/** The configuration's JSON Schema, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: 'Sluice configuration' };
}
