import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readEnvironment } from '../config/environment.ts';
import type { CommandIo } from '../cost/command-io.ts';
import { bootstrapCommand } from './bootstrap.ts';
import { deployCommand } from './deploy.ts';
import { destroyCommand } from './destroy.ts';
import { doctorCommand } from './doctor.ts';
import { logsCommand } from './logs.ts';
import { preflightCommand } from './preflight.ts';
import { stageCommand } from './stage.ts';
import { statusCommand } from './status.ts';
import { tellAwsFailures, type TargetCommandOptions } from './target-command.ts';
import { tfvarsCommand } from './tfvars.ts';

// What is told where nothing was deployed, and nothing can be.

const make: Record<string, (options: TargetCommandOptions) => Command> = {
  tfvars: tfvarsCommand,
  bootstrap: bootstrapCommand,
  preflight: preflightCommand,
  stage: stageCommand,
  deploy: deployCommand,
  status: statusCommand,
  logs: logsCommand,
  doctor: doctorCommand,
  destroy: destroyCommand,
};

let folder: string;
let written: string;
let warned: string;
let status: number;
const io: CommandIo = {
  write: (text) => void (written += stripVTControlCharacters(text)),
  warn: (text) => void (warned += `${text}\n`),
  setExitStatus: (given) => void (status = given),
  nowMs: () => Date.now(),
};

beforeEach(() => {
  [written, warned, status] = ['', '', 0];
  folder = mkdtempSync(join(tmpdir(), 'sluice-deploying-'));
  mkdirSync(join(folder, 'infrastructure/environments/gpu'), { recursive: true });
  write('aws_region = "eu-west-1"\n');
  // Nobody listens there.
  const elsewhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  for (const [name, value] of Object.entries(elsewhere)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const write = (text: string) => writeFileSync(join(folder, 'infrastructure/environments/gpu/dev.tfvars'), text);

function commandOf(name: string): Command {
  const environment = readEnvironment({ ...process.env, SLUICE_URL: '', XDG_CACHE_HOME: folder });
  return make[name]!({ environment, io });
}

const run = (name: string, ...words: string[]) => commandOf(name).parseAsync(words, { from: 'user' });
const onDev = (name: string, ...words: string[]) =>
  run(name, 'gpu', '--env', 'dev', '--infrastructure', join(folder, 'infrastructure'), ...words);

test.each(Object.keys(make))('the help of %s has examples that begin with it, and every exit status', (name) => {
  let help = '';
  const command = commandOf(name).configureOutput({ writeOut: (text) => void (help += text) });
  command.outputHelp();
  expect(help).toMatch(new RegExp(`\nExamples:\n( {2}sluice ${name}.*\n)+\nExit status:\n {2}0 .*\n {2}1 `));
});

test.each([
  ['deploy', [], /required option '--env <name>' not specified/],
  ['bootstrap', ['--name', 'Big Name'], /it takes 2 to 15 lower-case letters/],
])('a misuse of %s (%j) is told with where to read on', async (name, words, told) => {
  let said = '';
  const command = commandOf(name)
    .exitOverride()
    .configureOutput({ writeErr: (text) => void (said += text) });
  await expect(command.parseAsync(words, { from: 'user' })).rejects.toThrow();
  expect(said).toMatch(told);
  expect(said).toContain(`(sluice ${name} --help has examples)`);
});

describe('where AWS does not answer', () => {
  test.each(['status', 'stage', 'logs', 'doctor'])('%s ends with 2 and names the region', async (name) => {
    await onDev(name);
    expect(warned).toMatch(/^AWS does not answer in eu-west-1 \(127\.0\.0\.1\): is there a network/);
    expect(status).toBe(2);
  });

  test('deploy ends with 2 as well, and does not advise to leave the look out', async () => {
    await onDev('deploy', '--yes');
    expect(written).toMatch(/fail +credentials +AWS does not answer in eu-west-1/);
    expect(warned).toBe('nothing was changed: mend what fails above (sluice preflight gpu --env dev looks again)\n');
    expect(status).toBe(2);
  });
});

describe('where something else lies', () => {
  test('bootstrap says in one line what it looked for, and asks neither AWS nor a program', async () => {
    await run('bootstrap', '--infrastructure', join(folder, 'nowhere'), '--tofu', join(folder, 'nothing'));
    expect(warned).toMatch(
      /^cannot read \S+nowhere\/bootstrap\/main\.tf: run this where infrastructure\/ lies.*--infrastructure\n$/,
    );
    expect(status).toBe(1);
  });

  test('tfvars writes no file where nobody would read it', async () => {
    await run('tfvars', 'gpu', '--env', 'dev', '--yes', '--infrastructure', join(folder, 'nowhere'));
    expect(warned).toMatch(/^cannot read .*nowhere.*: run this where infrastructure\/ lies/);
    expect(status).toBe(1);
    expect(await readdir(folder)).toEqual(['infrastructure']);
  });

  test('a name that no bucket can have is refused before AWS is asked for it', async () => {
    write('name = "Big"\naws_region = "eu-west-1"\n');
    await onDev('status');
    expect(warned).toMatch(/dev\.tfvars says name = "Big": it takes 2 to 15 lower-case letters/);
    expect(status).toBe(1);
  });
});

test('doctor without a target says what it can be given', async () => {
  await run('doctor');
  expect(warned).toBe('look at what? Give its URL (or set SLUICE_URL), or a topology: sluice doctor gpu --env dev\n');
  expect(status).toBe(1);
});

test('what the file system refuses is told in a line with what to do, and a defect of ours is not', async () => {
  await tellAwsFailures(io, undefined, async () => void (await mkdir('/dev/null/cache', { recursive: true })));
  expect(warned).toMatch(/^ENOTDIR: .*'\/dev\/null\/cache': a file stands where a folder is needed; XDG_CACHE_HOME/);
  expect(status).toBe(1);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  await tellAwsFailures(io, undefined, () => Promise.reject(full));
  expect(warned).toContain('no space left on device, write: the disk is full');
  await expect(tellAwsFailures(io, undefined, () => Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
});
