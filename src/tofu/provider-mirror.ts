import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TofuEnvironment } from '../config/environment.ts';
import { GatewayError } from '../errors.ts';

/** A provider package that lies unpacked on this machine. */
export interface ProviderMirror {
  /** The folder of the package: `…/hashicorp/aws/5.100.0/linux_amd64`. */
  directory: string;
  version: string;
  /** `linux_amd64`. */
  platform: string;
  /** The registry host that it is filed under. */
  host: string;
  /** The folder that `filesystem_mirror` would name. */
  root: string;
}

/** The hosts that `hashicorp/aws` means: OpenTofu's registry, and Terraform's. */
export const registryHosts = ['registry.opentofu.org', 'registry.terraform.io'] as const;

/** Folders below which a machine's image may keep a mirror, one level down. */
const commonPlaces = ['/opt', '/usr/share', '/usr/local/share'];

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}_${architectures[process.arch] ?? process.arch}`;

const entriesOf = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

const byVersion = new Intl.Collator('en', { numeric: true });

/** What the lock files of the roots name. */
const lockedVersion = '5.100.0';

/** `>= 5.100.0, < 7.0.0`, as the roots require. */
const isUsable = (version: string): boolean => /^(5\.\d{3,}|6\.\d+)\.\d+$/.test(version);

async function bestIn(root: string): Promise<ProviderMirror | undefined> {
  const found: ProviderMirror[] = [];
  for (const host of registryHosts)
    for (const version of await entriesOf(join(root, host, 'hashicorp', 'aws'))) {
      const directory = join(root, host, 'hashicorp', 'aws', version, platform);
      const isFolder = await stat(directory).then(
        (entry) => entry.isDirectory(),
        () => false,
      );
      if (isFolder && isUsable(version)) found.push({ directory, version, platform, host, root });
    }
  return (
    found.find(({ version }) => version === lockedVersion) ??
    found.toSorted((one, other) => byVersion.compare(other.version, one.version))[0]
  );
}

/** The folders that `filesystem_mirror` blocks name. Comments apart, a path there is a plain text. */
export async function mirrorsOf(configuration: string): Promise<string[]> {
  const text = await readFile(configuration, 'utf8').catch(() => '');
  const code = text.replaceAll(/^\s*(#|\/\/).*$/gm, '');
  return [...code.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g)].map(([, path = '']) => path);
}

/**
 * The `hashicorp/aws` of the lock files, else the newest usable one, that lies on this machine: in `$SLUICE_PROVIDER_MIRROR`, in a mirror of the command line's configuration, in
 * the folders where the program looks by itself, or in a folder of the image. Undefined: it must come from the registry. Throws `bad_request` if the folder that somebody named has none.
 */
export async function findProviderMirror(
  environment: TofuEnvironment,
  places: readonly string[] = commonPlaces,
): Promise<ProviderMirror | undefined> {
  const { providerMirror, cliConfigurations, pluginDirectories } = environment;
  if (providerMirror !== undefined) {
    const named = await bestIn(providerMirror);
    if (named !== undefined) return named;
    throw new GatewayError(
      'bad_request',
      `SLUICE_PROVIDER_MIRROR names ${providerMirror}, but ${join('<host>', 'hashicorp', 'aws', '<version>', platform)} with a version from 5.100 to 6 is not in it`,
    );
  }
  const configured = (await Promise.all(cliConfigurations.map(mirrorsOf))).flat();
  const below = await Promise.all(places.map(async (place) => (await entriesOf(place)).map((name) => join(place, name))));
  for (const root of [...configured, ...pluginDirectories, ...below.flat()]) {
    const mirror = await bestIn(root);
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}
