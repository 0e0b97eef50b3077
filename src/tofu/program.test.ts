import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from '../config/environment.ts';
import { findProgram } from './program.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-tofu-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that introduces itself and does nothing else. */
async function install(path: string, firstLine: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho '${firstLine}'\necho 'on linux_amd64'\n`);
  await chmod(file, 0o755);
  return file;
}

const environment = (variables: Record<string, string> = {}) =>
  readEnvironment({ PATH: `${join(folder, 'bin')}:/nowhere`, XDG_CACHE_HOME: join(folder, 'cache'), ...variables });

test('what is named wins, then SLUICE_TOFU, then the PATH, then the build in the cache', async () => {
  const built = await install('cache/sluice/tools/tofu-1.12.6', 'OpenTofu v1.12.6');
  expect(await findProgram({ environment: environment() })).toEqual({ path: built, name: 'OpenTofu', version: '1.12.6' });
  const onPath = await install('bin/tofu', 'OpenTofu v1.12.0');
  expect(await findProgram({ environment: environment() })).toMatchObject({ path: onPath, version: '1.12.0' });
  const chosen = await install('else/tofu', 'OpenTofu v1.13.0-alpha1');
  expect(await findProgram({ environment: environment({ SLUICE_TOFU: chosen }) })).toMatchObject({ version: '1.13.0-alpha1' });
  expect(await findProgram({ named: 'tofu', environment: environment({ SLUICE_TOFU: chosen }) })).toMatchObject({ path: onPath });
});

test('terraform is taken when it is named, or when the caller says that it will do', async () => {
  const terraform = await install('bin/terraform', 'Terraform v1.11.4');
  await expect(findProgram({ environment: environment() })).rejects.toThrow('OpenTofu is not on this machine');
  expect(await findProgram({ environment: environment(), allowTerraform: true })).toEqual({
    path: terraform,
    name: 'Terraform',
    version: '1.11.4',
  });
  expect(await findProgram({ named: 'terraform', environment: environment() })).toMatchObject({ name: 'Terraform' });
});

test('a missing program is told with the ways to install it', async () => {
  await expect(findProgram({ environment: environment() })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(/opentofu\.org\/docs\/intro\/install.*brew install opentofu.*--tofu or SLUICE_TOFU/s),
  });
  await expect(findProgram({ named: 'tofu-nightly', environment: environment() })).rejects.toThrow(
    'there is no program tofu-nightly on the PATH',
  );
  await expect(findProgram({ named: './no/such/tofu', environment: environment() })).rejects.toThrow(
    /^cannot run .*no\/such\/tofu/,
  );
});

test('a program that is too old, or another one, is refused', async () => {
  await install('bin/tofu', 'OpenTofu v1.9.1');
  await expect(findProgram({ environment: environment() })).rejects.toThrow(
    'OpenTofu 1.9.1, but write-only attributes need 1.11 or later',
  );
  await install('bin/tofu', 'tofu: a food made of soya');
  await expect(findProgram({ environment: environment() })).rejects.toThrow(
    'neither OpenTofu nor Terraform; it says: tofu: a food',
  );
});
