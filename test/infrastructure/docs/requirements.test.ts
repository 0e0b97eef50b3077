import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// docs/requirements.md promises that every row has a resource and a test. Promises about files rot; these cannot.

interface Row {
  id: string;
  cells: string[];
}

const page = readFileSync('docs/requirements.md', 'utf8');

const rows: Row[] = page
  .split('\n')
  .filter((line) => /^\| (R\d|P\d|E[PRS]\d)/.test(line))
  .map((line) => {
    const cells = line.slice(1, -1).split('|');
    return { id: cells[0]!.trim().split(' ')[0]!, cells: cells.map((cell) => cell.trim()) };
  });

/** Of each requirement, how many criteria it has. */
const criteria = [4, 5, 5, 6, 7, 5, 4, 4, 5];

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

const expected = [
  ...criteria.flatMap((count, index) => numbered(`R${index + 1}.`, count)),
  ...numbered('P', 6),
  ...numbered('EP', 5),
  ...numbered('ER', 5),
  ...numbered('ES', 3),
];

const isPath = (code: string): boolean => /^(\.github|docs|infrastructure|scripts|src|test|web)\/[\w./-]+$/.test(code);

/** What stands in a file for an address such as `aws_lb.this`. */
const spellings = (code: string): string[] => [code, code.replace(/^(\w+)\.(\w+)$/, '"$1" "$2"')];

interface Citation {
  path: string;
  /** What is to be looked for in it. */
  names: string[];
}

/** Files of a cell, each with the names that follow it: `path`: `name`, `name`. Other code is a remark. */
function citations(cell: string): Citation[] {
  const found: Citation[] = [];
  let isNamed = false;
  for (const [, code = '', after = ''] of cell.matchAll(/`([^`]+)`([^`]*)/g)) {
    if (isPath(code)) found.push({ path: code, names: [] });
    else if (isNamed) found.at(-1)?.names.push(code);
    isNamed = isPath(code) ? after === ': ' : isNamed && after === ', ';
  }
  return found;
}

const missingIn = ({ path, names }: Citation): string[] => {
  if (!existsSync(path)) return [`${path} does not exist`];
  if (names.length === 0) return [];
  const text = readFileSync(path, 'utf8');
  return names
    .filter((name) => !spellings(name).some((spelling) => text.includes(spelling)))
    .map((name) => `${path} has no ${name}`);
};

test('every criterion, property and error has exactly one row', () => {
  expect(rows.map(({ id }) => id)).toEqual(expected);
});

describe.each(rows)('$id', ({ cells }) => {
  test('has no empty cell', () => {
    expect(cells).toHaveLength(4);
    for (const cell of cells) expect(cell).toMatch(/\w/);
  });

  test('names what is there', () => {
    const [, metBy = '', tests = ''] = cells;
    expect([...citations(metBy), ...citations(tests)].flatMap(missingIn)).toEqual([]);
  });

  test('names a test', () => {
    const named = citations(cells[2] ?? '').filter(({ names }) => names.length > 0);
    expect(named.length).toBeGreaterThan(0);
    for (const { path } of named) expect(path).toMatch(/\.test\.ts$|\.tftest\.hcl$|^test\/(rehearsal|infrastructure)\//);
  });
});
