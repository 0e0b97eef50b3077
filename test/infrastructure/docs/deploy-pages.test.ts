import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { bootstrapCommand } from '../../../src/cli/bootstrap.ts';
import { costCommand } from '../../../src/cli/cost.ts';
import { deployCommand } from '../../../src/cli/deploy.ts';
import { destroyCommand } from '../../../src/cli/destroy.ts';
import { doctorCommand } from '../../../src/cli/doctor.ts';
import { logsCommand } from '../../../src/cli/logs.ts';
import { preflightCommand } from '../../../src/cli/preflight.ts';
import { stageCommand } from '../../../src/cli/stage.ts';
import { statusCommand } from '../../../src/cli/status.ts';
import { tfvarsCommand } from '../../../src/cli/tfvars.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { gpuChecks } from '../../../src/deploy/preflight/checks/index.ts';

const checks = gpuChecks.map(({ id }) => id);
const pages = globSync('docs/deploy/*.md').sort();
const read = (path: string) => readFileSync(path, 'utf8');
const codes = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** Where messages come from. Those that are broken over two literals are quoted up to the break. */
const sources = [
  ...globSync('src/**/*.ts').filter((path) => !path.endsWith('.test.ts')),
  ...globSync('infrastructure/**/*.{tf,sh}').filter((path) => !path.includes('.terraform')),
  ...globSync('infrastructure/modules/*/host/files/opt/llm/bin/*'),
]
  .map(read)
  .join('\n');

test('every message that the page of errors quotes stands in the sources', () => {
  const rows = read('docs/deploy/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| message') && !line.startsWith('|---'))
    .map((line) => line.split('|').slice(1, 3).join('|'));
  expect(rows.length).toBeGreaterThan(80);
  const fragments = rows
    .flatMap(codes)
    .flatMap((message) => message.split('…'))
    .map((fragment) => fragment.trim())
    .filter((fragment) => fragment.length > 3);
  expect(fragments.filter((fragment) => !sources.includes(fragment) && !checks.includes(fragment))).toEqual([]);
});

test('every preflight check is explained by the page of errors', () => {
  const named = new Set(codes(read('docs/deploy/errors.md')));
  // What they can say is in the message itself.
  const plain = ['region', 'account'];
  expect(checks.filter((id) => !named.has(id) && !plain.includes(id))).toEqual([]);
});

test('every command in these pages and in the README exists, with every option that it is given', () => {
  const environment = readEnvironment({});
  const makers = [
    bootstrapCommand,
    deployCommand,
    destroyCommand,
    doctorCommand,
    logsCommand,
    preflightCommand,
    stageCommand,
    statusCommand,
    tfvarsCommand,
  ];
  const commands = new Map<string, Command>(
    [...makers.map((make) => make({ environment })), costCommand()].map((command) => [command.name(), command]),
  );
  const wrong: string[] = [];
  let count = 0;
  for (const path of [...pages, 'README.md'])
    for (const [line, name = '', rest = ''] of read(path).matchAll(/\bsluice ([a-z]+)((?: [^`#\n|]*)?)/g)) {
      const command = commands.get(name);
      if (command === undefined) continue;
      count++;
      for (const [flag] of rest.matchAll(/(?<=\s)--[a-z-]+/g))
        if (!command.options.some((option) => option.long === flag)) wrong.push(`${path}: ${line.trim()}: ${flag}`);
    }
  expect(count).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('every link of these pages leads somewhere', () => {
  const broken = [...pages, 'docs/requirements.md', 'docs/decisions/012-design-document-and-aws.md'].flatMap((path) =>
    [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => join(dirname(path), target!))
      .filter((target) => globSync(target).length === 0)
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});
