import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMap, isPair, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { describeIssues, formatPath } from '../wire/parse.ts';
import { ConfigError, type Finding } from './config-error.ts';
import { keyOf, lineOf } from './document-lines.ts';
import { isLitellmFile } from './litellm/dialect.ts';
import { loadLitellm, type LoadedConfig } from './litellm/load-litellm.ts';
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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (isMap(document.contents) && isLitellmFile(document.contents.items.map(keyOf))) {
    const loaded = loadLitellm(text, file, variables, (path) => readFileSync(path, 'utf8'));
    return { ...loaded, config: deepFreeze(loaded.config) };
  }
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw new ConfigError(
      file,
      problems.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: error.message })),
    );
  }
  const findings = resolveReferences(document, lines, variables);
  if (findings.length > 0) throw new ConfigError(file, findings);
  const result = configSchema.safeParse(toValue(document, file) ?? {});
  if (result.success) return { config: deepFreeze(result.data), warnings: [], files: [file] };
  throw new ConfigError(
    file,
    result.error.issues.flatMap((issue) => toFindings(issue, document, lines)),
  );
}

/** @throws ConfigError for aliases that lead nowhere or would grow without bound */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError(file, [{ line: 1, path: '', message: error instanceof Error ? error.message : String(error) }]);
  }
}

/** `$${`, a reference, or a `${` that is none. */
const referencePattern = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string value; `$${` stands for a literal `${`. Where the schema wants a number or a
 * boolean, a value that is nothing but a reference becomes one. Returns what is missing or misspelt.
 */
function resolveReferences(document: Document, lines: LineCounter, variables: Variables): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      const { value } = node;
      if (key === 'key' || typeof value !== 'string' || !value.includes('${')) return;
      const path = pathOf(ancestors, node);
      const report = (message: string) =>
        findings.push({ line: node.range ? lines.linePos(node.range[0]).line : null, path: formatConfigPath(path), message });
      const text = value.replace(referencePattern, (match, name?: string, fallback?: string) => {
        if (match === '$${') return '${';
        if (name === undefined) {
          report('a reference is written ${NAME} or ${NAME:-default}; write $${ for a literal ${');
          return match;
        }
        const found = variables[name] === '' && fallback !== undefined ? undefined : variables[name];
        if (found === undefined && fallback === undefined)
          report(`the environment variable ${name} is not set; set it, or write \${${name}:-default}`);
        return found ?? fallback ?? match;
      });
      node.value = /^\$\{[^}]*\}$/.test(value) ? toWantedType(text, schemaAt(path)?.type) : text;
    },
  });
  return findings;
}

function toWantedType(text: string, type: string | undefined): string | number | boolean {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The keys and indices that lead to a node. */
function pathOf(ancestors: readonly unknown[], node: unknown): PropertyKey[] {
  return ancestors.flatMap((ancestor, at): PropertyKey[] => {
    if (isPair(ancestor)) return [String(keyOf(ancestor))];
    return isSeq(ancestor) ? [ancestor.items.indexOf(ancestors[at + 1] ?? node)] : [];
  });
}

function toFindings(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const hint = nearest(key, knownKeys(issue.path));
      const message = hint === undefined ? 'unknown key' : `unknown key; did you mean "${hint}"?`;
      const path = [...issue.path, key];
      return { line: lineOf(path, document, lines), path: formatConfigPath(path), message };
    });
  }
  return describeIssues([issue]).map(({ field, message }) => ({
    line: lineOf(issue.path, document, lines),
    path: issue.path.length === 0 ? '' : field,
    message,
  }));
}

function formatConfigPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : formatPath(path);
}

/** The keys that the schema allows at a path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  return Object.keys(schemaAt(path)?.properties ?? {});
}

/** What the schema says of a path. */
function schemaAt(path: readonly PropertyKey[]): JsonSchemaNode | undefined {
  let node = configJsonSchema() as JsonSchemaNode | undefined;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return node;
}

interface JsonSchemaNode {
  type?: string;
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
