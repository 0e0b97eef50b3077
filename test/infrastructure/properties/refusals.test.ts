import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hclFolders } from '../../../scripts/tools/hcl-folders.ts';

// Every rule of every variable has a run that it must refuse: `expect_failures` names the variable at least as often as it has rules.

const infrastructure = fileURLToPath(new URL('../../../infrastructure', import.meta.url));
const folders = (await hclFolders(infrastructure)).filter((folder) => folder !== '.');

async function textOf(directory: string, ending: string): Promise<string> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(ending));
  return (await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))).join('\n');
}

/** Variables with rules, and how many each has. */
const rulesIn = (source: string): [string, number][] =>
  source
    .split(/^(?=variable ")/m)
    .slice(1)
    .map((block): [string, number] => [
      /^variable "(\w+)"/.exec(block)?.[1] ?? '',
      block.match(/^ {2}validation \{/gm)?.length ?? 0,
    ])
    .filter(([, rules]) => rules > 0);

/** How often each variable is expected to be refused. */
function refusalsIn(tests: string): Map<string, number> {
  const named = [...tests.matchAll(/expect_failures\s*=\s*\[([^\]]*)\]/g)].flatMap(([, list = '']) => [
    ...list.matchAll(/var\.(\w+)/g),
  ]);
  return new Map([...Map.groupBy(named, ([, name = '']) => name)].map(([name, runs]) => [name, runs.length]));
}

describe('every rule has a run that it must refuse', () => {
  test.each(folders)('%s', async (folder) => {
    const rules = rulesIn(await textOf(join(infrastructure, folder), '.tf'));
    const refusals = refusalsIn(await textOf(join(infrastructure, folder, 'tests'), '.tftest.hcl'));
    expect(rules.length).toBeGreaterThan(0);
    const untested = rules
      .filter(([name, count]) => (refusals.get(name) ?? 0) < count)
      .map(([name, count]) => `${name}: ${count} rules, ${refusals.get(name) ?? 0} refusals`);
    expect(untested).toEqual([]);
  });
});
