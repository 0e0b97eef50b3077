/**
 * The table of every configuration key, made from the schema. `node scripts/configuration-reference.ts` writes it between the markers of
 * docs/configuration.md; a test holds the page to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/load.ts';

interface Node {
  type?: string;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  anyOf?: Node[];
  additionalProperties?: unknown;
}

export const markers = { begin: '<!-- keys: generated from the schema -->', end: '<!-- end of keys -->' };
const page = new URL('../docs/configuration.md', import.meta.url);

/** Every key with its type, default and meaning, as a Markdown table. */
export function configurationTable(): string {
  const rows = rowsOf('', configJsonSchema() as Node);
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function rowsOf(prefix: string, node: Node): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (child.properties) return rowsOf(key, child);
    const isRequired = prefix.endsWith('[]') && node.required?.includes(name) === true && child.default === undefined;
    const row = `| \`${key}\` | ${typeOf(child)} | ${isRequired ? 'required' : defaultOf(child)} | ${escape(child.description ?? '')} |`;
    return child.items?.properties ? [row, ...rowsOf(`${key}[]`, child.items)] : [row];
  });
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items?.properties ? 'objects' : typeOf(node.items ?? {})}`;
  if (node.type === 'object') return isStrings(node.additionalProperties) ? 'map of strings' : 'map';
  if (node.anyOf) return [...new Set(node.anyOf.map((branch) => (branch.properties ? 'object' : typeOf(branch))))].join(' or ');
  return node.type ?? 'string';
}

function isStrings(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'type' in node && node.type === 'string';
}

function defaultOf(node: Node): string {
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** The page with a fresh table between its markers. */
export function renderPage(text: string): string {
  const begin = text.indexOf(markers.begin);
  const end = text.indexOf(markers.end);
  if (begin === -1 || end < begin) throw new Error('docs/configuration.md has lost its markers');
  return `${text.slice(0, begin + markers.begin.length)}\n${configurationTable()}\n${text.slice(end)}`;
}

if (import.meta.main) writeFileSync(page, renderPage(readFileSync(page, 'utf8')));
