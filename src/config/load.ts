import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineCounter, parse, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { describeIssues, formatPath } from '../wire/parse.ts';
import { ConfigError, type Finding } from './config-error.ts';
import { nearest } from './nearest.ts';
import { configSchema, type Config } from './schema.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const fileNames = ['sluice.yaml', 'sluice.yml'];

/** The configuration file in use: the one named, else `sluice.yaml` or `sluice.yml` in the working directory, else none. */
export function findConfigFile(named: string | undefined, directory: string): string | null {
  if (named !== undefined) return resolve(directory, named);
  return fileNames.map((name) => resolve(directory, name)).find((path) => existsSync(path)) ?? null;
}

/**
 * Reads and checks a configuration file; without one, the defaults.
 * @throws ConfigError with every finding, each with its line
 */
export function loadConfig(path: string | null, variables: Variables): Config {
  if (path === null) return parseConfig('', 'defaults', {});
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new ConfigError(path, [{ line: null, path: '', message }]);
  }
  return parseConfig(text, path, variables);
}

/** Parses a configuration text. `file` only names it in findings. @throws ConfigError */
export function parseConfig(text: string, file: string, variables: Variables): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: error.message })),
    );
  }
  const missing = resolveReferences(document, lines, variables);
  if (missing.length > 0) throw new ConfigError(file, missing);
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (result.success) return deepFreeze(result.data);
  throw new ConfigError(
    file,
    result.error.issues.flatMap((issue) => toFindings(issue, document, lines)),
  );
}

/** Replaces `${NAME}` and `${NAME:-default}` in every string value; `$${` stands for a literal `${`. Returns what is missing. */
function resolveReferences(document: Document, lines: LineCounter, variables: Variables): Finding[] {
  const missing: Finding[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const line = node.range ? lines.linePos(node.range[0]).line : null;
      const text = node.value.replace(
        /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
        (match, name?: string, fallback?: string) => {
          if (name === undefined) return '${';
          const value = variables[name] === '' && fallback !== undefined ? undefined : variables[name];
          if (value === undefined && fallback === undefined) {
            missing.push({
              line,
              path: '',
              message: `the environment variable ${name} is not set; set it, or write \${${name}:-default}`,
            });
          }
          return value ?? fallback ?? match;
        },
      );
      // A plain scalar that was a reference and nothing else may stand for a number or a boolean.
      const isWhole = /^\$\{[^}]*\}$/.test(node.value) && node.type === 'PLAIN';
      const typed: unknown = isWhole ? parse(text) : text;
      node.value = isWhole && (typeof typed === 'number' || typeof typed === 'boolean') ? typed : text;
    },
  });
  return missing;
}

function toFindings(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const hint = nearest(key, knownKeys(issue.path));
      const message = hint === undefined ? 'unknown key' : `unknown key; did you mean "${hint}"?`;
      const path = [...issue.path, key];
      return { line: lineOf(path, document, lines), path: formatPath(path), message };
    });
  }
  return describeIssues([issue]).map(({ field, message }) => ({
    line: lineOf(issue.path, document, lines),
    path: field,
    message,
  }));
}

/** The line of the key that a path ends with, or of the nearest thing around it that exists. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number | null {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const items = typeof parent === 'object' && parent !== null && 'items' in parent ? (parent.items as unknown[]) : [];
    const item = typeof last === 'number' ? items[last] : items.find((pair) => keyOf(pair) === last);
    const range = rangeOf(typeof last === 'number' ? item : (item as { key?: unknown } | undefined)?.key);
    if (range !== undefined) return lines.linePos(range).line;
  }
  return document.contents === null ? null : 1;
}

function keyOf(pair: unknown): unknown {
  const key = (pair as { key?: { value?: unknown } }).key;
  return key?.value;
}

function rangeOf(node: unknown): number | undefined {
  const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
  return range?.[0];
}

/** The keys that the schema allows at a path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let node = configJsonSchema() as JsonSchemaNode | undefined;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return Object.keys(node?.properties ?? {});
}

interface JsonSchemaNode {
  properties?: Record<string, JsonSchemaNode>;
  items?: JsonSchemaNode;
}

/** The configuration's JSON Schema, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: 'Sluice configuration' };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
