import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// infrastructure/README.md is the contract between modules; a row that lags behind the HCL misleads whoever builds on it.

const page = readFileSync('infrastructure/README.md', 'utf8');
const declared = (kind: string, path: string) =>
  [...readFileSync(path, 'utf8').matchAll(new RegExp(`^${kind} "(\\w+)"`, 'gm'))].map(([, name]) => name!).sort();
/** Names of a cell, without those in parentheses. */
const named = (cell: string) =>
  [...cell.replaceAll(/\([^()]*\)/g, '').matchAll(/`([\w ]+)`/g)].flatMap(([, names]) => names!.split(' ')).sort();

const modules = globSync('infrastructure/modules/*')
  .map((path) => path.split('/').at(-1)!)
  .sort();

test.each(modules)('the row of %s has its variables and its outputs', (name) => {
  const row = page.split('\n').find((line) => line.startsWith(`| ${name} | \``));
  const [, , given = '', gives = ''] = (row ?? '').split('|');
  const common = ['name', 'environment'];
  const inputs = declared('variable', `infrastructure/modules/${name}/variables.tf`).filter((input) => !common.includes(input));
  expect(named(given).filter((input) => !['null', ...common].includes(input))).toEqual(inputs);
  expect(named(gives)).toEqual(declared('output', `infrastructure/modules/${name}/outputs.tf`));
});
