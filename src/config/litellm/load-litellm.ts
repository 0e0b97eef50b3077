import { describeIssues, formatPath } from '../../wire/parse.ts';
import { ConfigError, type Finding } from '../config-error.ts';
import { configSchema, type Config } from '../schema.ts';
import { readSource, type ReadFile, type Source } from './source.ts';
import { translate } from './translate.ts';
import type { Note, Translation, Variables } from './translation.ts';

/** What came of a configuration file. */
export interface LoadedConfig {
  config: Config;
  /** What was accepted and has no effect, or another one than in LiteLLM. */
  warnings: readonly Finding[];
  /** The file and those that it includes. */
  files: readonly string[];
}

/**
 * Reads a file of LiteLLM as our own configuration. `readFile` is for the files that it includes.
 * @throws ConfigError with everything that is refused, in LiteLLM's terms and lines
 */
export function loadLitellm(text: string, file: string, variables: Variables, readFile: ReadFile): LoadedConfig {
  const source = readSource(text, file, readFile);
  const translation = translate(source.value, variables, 'load');
  const result = configSchema.safeParse(translation.input);
  const refused = translation.refused.map((note) => toFinding(note, source));
  if (result.success && refused.length === 0) {
    return { config: result.data, warnings: translation.warnings.map((note) => toFinding(note, source)), files: source.files };
  }
  const faults = result.success ? [] : schemaFaults(result.error.issues, translation, source);
  throw new ConfigError(file, [...refused, ...faults]);
}

/** A note with the line of its place. */
export function toFinding({ path, message }: Note, source: Source): Finding {
  return { ...source.placeOf(path), path: path.length === 0 ? '' : formatPath(path), message };
}

type Issues = Parameters<typeof describeIssues>[0];

function schemaFaults(issues: Issues, translation: Translation, source: Source): Finding[] {
  // What is refused is missing from the translation, so that references to it would be faults that are none.
  const own = translation.refused.length > 0 ? issues.filter(({ code, path }) => code !== 'custom' && path.length > 1) : issues;
  return own.flatMap((issue) => {
    const path = translation.originOf(issue.path);
    return describeIssues([issue]).map(({ message }) => toFinding({ path, message }, source));
  });
}
