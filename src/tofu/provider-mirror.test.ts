import { lstat, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from '../config/environment.ts';
import type { Program } from './program.ts';
import { providerVariables } from './provider-configuration.ts';
import { findProviderMirror } from './provider-mirror.ts';

let folder: string;
beforeEach(async () => void (folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-mirror-')))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
const terraformHost = 'registry.terraform.io';
const tofuHost = 'registry.opentofu.org';
const tofu: Program = { path: '/bin/tofu', name: 'OpenTofu', version: '1.12.6' };

async function mirror(root: string, version: string, host = terraformHost): Promise<string> {
  const directory = join(folder, root, host, 'hashicorp', 'aws', version, platform);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'terraform-provider-aws'), version);
  return directory;
}

const environmentOf = (variables: Record<string, string> = {}) =>
  readEnvironment({ XDG_CACHE_HOME: join(folder, 'cache'), XDG_DATA_HOME: join(folder, 'data'), ...variables }).tofu;

const rc = async (path: string, text: string): Promise<string> => {
  await writeFile(join(folder, path), text);
  return join(folder, path);
};

const place = (name: string) => [join(folder, name)];

test('the folder that somebody named wins, and must hold a usable provider', async () => {
  await mirror('images/plugins', '5.100.0');
  const named = await mirror('mine', '5.200.1');
  await mirror('old', '5.99.0');
  const found = await findProviderMirror(environmentOf({ SLUICE_PROVIDER_MIRROR: join(folder, 'mine') }), place('images'));
  expect(found).toMatchObject({ directory: named, version: '5.200.1', host: terraformHost });
  await expect(findProviderMirror(environmentOf({ SLUICE_PROVIDER_MIRROR: join(folder, 'old') }), [])).rejects.toThrow(
    /SLUICE_PROVIDER_MIRROR names .*old, but .* with a version from 5\.100 to 6 is not in it/,
  );
});

test('then a mirror of the command line’s configuration, then the program’s own folders, then the image’s', async () => {
  const image = await mirror('images/plugins', '5.100.0');
  expect(await findProviderMirror(environmentOf(), place('images'))).toMatchObject({ directory: image });
  const implied = await mirror('data/opentofu/plugins', '5.100.0', tofuHost);
  expect(await findProviderMirror(environmentOf(), place('images'))).toMatchObject({ directory: implied });
  const configured = await mirror('configured', '5.100.0');
  const configuration = await rc(
    'a.rc',
    `# path = "/no"\nprovider_installation {\n  filesystem_mirror {\n    include = ["hashicorp/*"]\n    path = "${join(folder, 'configured')}"\n  }\n}\n`,
  );
  expect(await findProviderMirror(environmentOf({ TF_CLI_CONFIG_FILE: configuration }), place('images'))).toMatchObject({
    directory: configured,
  });
});

test('of several versions the newest is taken that the roots allow, unless the one of their lock files is there', async () => {
  for (const version of ['5.9.0', '5.101.0', '6.9.0', '6.10.0', '7.0.0']) await mirror('images/plugins', version);
  expect(await findProviderMirror(environmentOf(), place('images'))).toMatchObject({ version: '6.10.0' });
  await mirror('images/plugins', '5.100.0');
  expect(await findProviderMirror(environmentOf(), place('images'))).toMatchObject({ version: '5.100.0' });
});

test.each(['bootstrap', 'artifacts', 'topologies/gpu'])('the lock file of %s names that one, for both programs', async (root) => {
  const text = await readFile(join(import.meta.dirname, '../../infrastructure', root, '.terraform.lock.hcl'), 'utf8');
  const locked = [...text.matchAll(/provider "([^/]+)\/hashicorp\/aws" \{\n {2}version = "([^"]+)"\n\}/g)];
  expect(locked.map(([, host, version]) => [host, version])).toEqual([
    [tofuHost, '5.100.0'],
    [terraformHost, '5.100.0'],
  ]);
});

test('without a mirror the registry is asked', async () => {
  expect(await findProviderMirror(environmentOf({ TF_CLI_CONFIG_FILE: join(folder, 'no.rc') }), place('images'))).toBeUndefined();
});

test('a mirror of one registry serves both programs through links, made once however many ask', async () => {
  const directory = await mirror('images/plugins', '5.100.0');
  const environment = environmentOf({ SLUICE_PROVIDER_MIRROR: join(folder, 'images/plugins') });
  const answers = await Promise.all([1, 2, 3].map(() => providerVariables(tofu, environment)));
  const configuration = answers[0]!['TF_CLI_CONFIG_FILE']!;
  expect(new Set(answers.map((answer) => answer['TF_CLI_CONFIG_FILE']))).toEqual(new Set([configuration]));
  const text = await readFile(configuration, 'utf8');
  const [, root] = /path {4}= "(.*)"/.exec(text)!;
  expect(text).toContain(`include = ["${tofuHost}/hashicorp/*", "${terraformHost}/hashicorp/*"]`);
  expect(text).not.toContain('direct');
  for (const host of [tofuHost, terraformHost]) {
    const link = join(root!, host, 'hashicorp', 'aws', '5.100.0', platform);
    // The programs follow no link further out.
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await lstat(join(link, '..'))).isSymbolicLink()).toBe(false);
    expect(await realpath(link)).toBe(directory);
  }
});

test('a configuration of the user’s that serves the program is left alone', async () => {
  await mirror('configured', '5.100.0', tofuHost);
  const configuration = await rc(
    'b.rc',
    `provider_installation {\n  filesystem_mirror {\n    path = "${join(folder, 'configured')}"\n  }\n}\n`,
  );
  const environment = environmentOf({ TF_CLI_CONFIG_FILE: configuration });
  expect(await providerVariables(tofu, environment)).toEqual({});
  const ours = await providerVariables({ ...tofu, name: 'Terraform' }, environment);
  expect(ours['TF_CLI_CONFIG_FILE']).toContain(join(folder, 'cache'));
});
