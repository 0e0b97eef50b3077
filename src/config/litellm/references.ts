import { isObject } from '../../wire/parse.ts';
import { missing } from './setting.ts';
import type { Path, Translation, Variables } from './translation.ts';

const prefix = 'os.environ/';

/** What `environment_variables` adds to the environment, as far as it is not set there: a variable that is set already wins. */
export function addedVariables(document: unknown, environment: Variables): Record<string, string> {
  const added = isObject(document) && isObject(document['environment_variables']) ? document['environment_variables'] : {};
  const texts = Object.entries(added).flatMap(([name, value]) => {
    const text = typeof value === 'string' && value.startsWith(prefix) ? environment[value.slice(prefix.length)] : value;
    return text === null || text === undefined || environment[name] !== undefined ? [] : [[name, textOf(text)] as const];
  });
  return Object.fromEntries(texts);
}

/** Python writes True and False. */
function textOf(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

/**
 * The document with every text that begins `os.environ/` replaced whole, at any depth. LiteLLM takes a missing variable for nothing; here
 * each is a finding. For a conversion it becomes `${NAME}`.
 */
export function resolveReferences(document: unknown, translation: Translation): unknown {
  return resolveAt(document, [], translation);
}

function resolveAt(value: unknown, path: Path, translation: Translation): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolveAt(item, [...path, index], translation));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveAt(item, [...path, key], translation)]));
  }
  if (typeof value !== 'string') return value;
  if (!value.startsWith(prefix)) return translation.mode === 'convert' ? value.replaceAll('${', () => '$${') : value;
  const name = value.slice(prefix.length);
  if (translation.mode === 'convert' && /^[A-Za-z_]\w*$/.test(name)) return `\${${name}}`;
  const found = translation.variables[name];
  if (found !== undefined) return found;
  translation.refused.push({ path, message: `the environment variable ${name} is not set` });
  return missing;
}
