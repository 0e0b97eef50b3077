import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TofuEnvironment } from '../config/environment.ts';
import type { Program } from './program.ts';
import { findProviderMirror, mirrorsOf, registryHosts, type ProviderMirror } from './provider-mirror.ts';

/** Makes a path appear whole or not at all, also when two runs make it at once. */
async function once(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await make(temporary);
  await rename(temporary, path);
}

/** Both programs look under the host of their own registry, so a package is linked under both; only the innermost folder may be a link. */
async function link(mirror: ProviderMirror, folder: string): Promise<string> {
  const root = join(folder, 'mirror');
  for (const host of registryHosts)
    await once(join(root, host, 'hashicorp', 'aws', mirror.version, mirror.platform), (temporary) =>
      symlink(mirror.directory, temporary, 'junction'),
    );
  const configuration = join(folder, 'tofu.rc');
  const include = registryHosts.map((host) => JSON.stringify(`${host}/hashicorp/*`)).join(', ');
  // Without a `direct` block nothing reaches for the network: what is missing fails at once.
  const text = `provider_installation {\n  filesystem_mirror {\n    path    = ${JSON.stringify(root)}\n    include = [${include}]\n  }\n}\ndisable_checkpoint = true\n`;
  await once(configuration, (temporary) => writeFile(temporary, text));
  return configuration;
}

/** Whether the user's own configuration, or the folders that the program searches by itself, already serve this program from that mirror. */
async function isServed(mirror: ProviderMirror, program: Program, environment: TofuEnvironment): Promise<boolean> {
  const host = program.name === 'OpenTofu' ? registryHosts[0] : registryHosts[1];
  if (environment.providerMirror !== undefined || mirror.host !== host) return false;
  const configured = (await Promise.all(environment.cliConfigurations.map(mirrorsOf))).flat();
  return configured.includes(mirror.root);
}

/**
 * Variables that make the program take the AWS provider from this machine, if it lies here: `TF_CLI_CONFIG_FILE` with a configuration of ours in the
 * cache folder. Empty when the user's configuration does that already, and when there is no mirror, so that the registry is asked.
 */
export async function providerVariables(
  program: Program,
  environment: TofuEnvironment,
  mirrorFound?: ProviderMirror,
): Promise<Record<string, string>> {
  const mirror = mirrorFound ?? (await findProviderMirror(environment));
  if (mirror === undefined) {
    // A configuration that is named and missing is only a warning to the program, which then goes to the registry: so do we.
    return {};
  }
  if (await isServed(mirror, program, environment)) return {};
  const name = createHash('sha256').update(mirror.directory).digest('hex').slice(0, 12);
  return { TF_CLI_CONFIG_FILE: await link(mirror, join(environment.cacheDirectory, 'provider-mirrors', name)) };
}
