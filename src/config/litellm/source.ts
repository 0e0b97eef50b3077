import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument, type Document, type ScalarTag, type Tags } from 'yaml';
import { isObject } from '../../wire/parse.ts';
import { ConfigError, type Finding } from '../config-error.ts';
import { lineOf } from '../document-lines.ts';
import type { Path } from './translation.ts';

/** Reads a file as text. @throws the system's error */
export type ReadFile = (path: string) => string;

/** A file of LiteLLM with those that it includes. */
export interface Source {
  value: unknown;
  files: readonly string[];
  /** The file and line of a place in `value`. */
  placeOf(path: Path): { file: string; line: number | null };
}

interface Part {
  file: string;
  document: Document;
  lines: LineCounter;
  value: unknown;
}

/** Where the items of a list, or the value of a key, came from. */
interface Piece {
  part: Part;
  count: number;
}

/**
 * Parses a file as Python's YAML does (YAML 1.1: `yes` is true, `<<` merges), and what it includes: lists of an included file are appended,
 * other keys replace. @throws ConfigError
 */
export function readSource(text: string, file: string, readFile: ReadFile): Source {
  const main = parsePart(text, file);
  const value: Record<string, unknown> = { ...(isObject(main.value) ? main.value : {}) };
  const pieces = new Map<string, Piece[]>(Object.keys(value).map((key) => [key, [pieceOf(main, value[key])]]));
  const parts = includedParts(main, value['include'], readFile);
  for (const part of parts) {
    for (const [key, own] of Object.entries(isObject(part.value) ? part.value : {})) {
      const before = value[key];
      const isAppended = Array.isArray(own) && Array.isArray(before);
      value[key] = isAppended ? [...(before as unknown[]), ...own] : own;
      pieces.set(key, [...(isAppended ? (pieces.get(key) ?? []) : []), pieceOf(part, own)]);
    }
  }
  const placeOf = (path: Path) => {
    const { part, path: inPart } = locate(path, pieces) ?? { part: main, path };
    return { file: part.file, line: lineOf(inPart, part.document, part.lines) };
  };
  return { value: isObject(main.value) ? value : main.value, files: [main, ...parts].map((part) => part.file), placeOf };
}

function pieceOf(part: Part, value: unknown): Piece {
  return { part, count: Array.isArray(value) ? value.length : 1 };
}

function locate([key, index, ...rest]: Path, pieces: ReadonlyMap<string, Piece[]>): { part: Part; path: Path } | undefined {
  const all = pieces.get(String(key)) ?? [];
  const [only] = all;
  if (key === undefined || only === undefined) return undefined;
  if (typeof index !== 'number') return { part: only.part, path: index === undefined ? [key] : [key, index, ...rest] };
  let before = 0;
  for (const { part, count } of all) {
    if (index < before + count) return { part, path: [key, index - before, ...rest] };
    before += count;
  }
  return { part: only.part, path: [key] };
}

/** @throws ConfigError for every file that cannot be read or parsed */
function includedParts(main: Part, include: unknown, readFile: ReadFile): Part[] {
  const names = typeof include === 'string' ? [include] : Array.isArray(include) ? include : [];
  const findings: Finding[] = [];
  const parts = names.flatMap((name: unknown, index): Part[] => {
    const report = (message: string) => {
      const path = typeof include === 'string' ? ['include'] : ['include', index];
      findings.push({ line: lineOf(path, main.document, main.lines), path: `include[${index}]`, message });
      return [];
    };
    if (typeof name !== 'string') return report('must be the name of a file');
    const path = resolve(dirname(main.file), name);
    let part: Part;
    try {
      part = parsePart(readFile(path), path);
    } catch (error) {
      if (error instanceof ConfigError) {
        findings.push(...error.findings.map((finding) => ({ file: path, ...finding })));
        return [];
      }
      return report(
        `"${name}" cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : String(error)})`,
      );
    }
    if (isObject(part.value) && part.value['include'] !== undefined)
      return report(`"${name}" includes files itself; only the main file may`);
    return [part];
  });
  if (findings.length > 0) throw new ConfigError(main.file, findings);
  return parts;
}

/** Python knows `yes` and `on`, but takes `y` and `n` for text; dates are meant as text, such as API versions. */
function pythonTags(tags: Tags): Tags {
  return tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag];
    if (tag.tag === 'tag:yaml.org,2002:timestamp') return [];
    if (tag.tag !== 'tag:yaml.org,2002:bool') return [tag];
    const scalar = tag as ScalarTag;
    const isTrue = scalar.test?.test('true') === true;
    const test = isTrue ? /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/ : /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
    return [{ ...scalar, test }];
  });
}

function parsePart(text: string, file: string): Part {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.1', lineCounter: lines, prettyErrors: false, customTags: pythonTags });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw new ConfigError(
      file,
      problems.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: error.message })),
    );
  }
  try {
    return { file, document, lines, value: document.toJS() as unknown };
  } catch (error) {
    throw new ConfigError(file, [{ line: 1, path: '', message: error instanceof Error ? error.message : String(error) }]);
  }
}
