import { isPair, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { describeIssues, formatPath } from '../wire/parse.ts';
import { ConfigError, type Finding } from './config-error.ts';
import { keyOf, lineOf } from './document-lines.ts';
import { nearest } from './nearest.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** A text with its places, and what its schema says as JSON Schema. */
interface Parsed {
  document: Document;
  lines: LineCounter;
  root: JsonSchemaNode;
}

/**
 * Parses a YAML text by a schema, its references replaced, frozen. `file` names it in findings.
 * @throws ConfigError with every finding, each with its line
 */
export function parseStrict<Schema extends z.ZodType>(
  text: string,
  file: string,
  { schema, variables }: { schema: Schema; variables: Variables },
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw new ConfigError(
      file,
      problems.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: error.message })),
    );
  }
  const parsed = { document, lines, root: z.toJSONSchema(schema, { io: 'input' }) as JsonSchemaNode };
  const findings = resolveReferences(parsed, variables);
  if (findings.length > 0) throw new ConfigError(file, findings);
  const result = schema.safeParse(toValue(document, file) ?? {});
  if (result.success) return deepFreeze(result.data);
  throw new ConfigError(
    file,
    result.error.issues.flatMap((issue) => toFindings(issue, parsed)),
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
function resolveReferences({ document, lines, root }: Parsed, variables: Variables): Finding[] {
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
      node.value = /^\$\{[^}]*\}$/.test(value) ? toWantedType(text, typeAt(root, path)) : text;
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

function toFindings(issue: z.core.$ZodIssue, { document, lines, root }: Parsed): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const hint = nearest(key, Object.keys(schemaAt(root, issue.path)?.properties ?? {}));
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

interface JsonSchemaNode {
  type?: string;
  properties?: Record<string, JsonSchemaNode>;
  items?: JsonSchemaNode;
  anyOf?: JsonSchemaNode[];
}

/** What the schema says of a path. */
function schemaAt(root: JsonSchemaNode, path: readonly PropertyKey[]): JsonSchemaNode | undefined {
  let node: JsonSchemaNode | undefined = root;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return node;
}

/** The type of what may also be null is its own. */
function typeAt(root: JsonSchemaNode, path: readonly PropertyKey[]): string | undefined {
  const node = schemaAt(root, path);
  return node?.type ?? node?.anyOf?.find(({ type }) => type !== 'null')?.type;
}

/** A value that nobody can change, all the way down. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
