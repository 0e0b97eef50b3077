import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const isHcl = (name: string): boolean => name.endsWith('.tf');

const entriesOf = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

/** Every folder of HCL that can be initialised by itself, as a path below `infrastructure`: itself (`.`), roots, modules. */
export async function hclFolders(infrastructure: string): Promise<string[]> {
  const candidates = ['.', 'bootstrap', 'artifacts'];
  for (const parent of ['modules', 'topologies'])
    candidates.push(...(await entriesOf(join(infrastructure, parent))).toSorted().map((name) => `${parent}/${name}`));
  const found: string[] = [];
  for (const folder of candidates) if ((await entriesOf(join(infrastructure, folder))).some(isHcl)) found.push(folder);
  return found;
}

/** A copy without what an `init` leaves behind, so that a test neither uses nor makes any of it in the checkout. */
export async function copyInfrastructure(infrastructure: string, target: string): Promise<void> {
  const isWanted = (source: string): boolean => !/[\\/]\.terraform($|[\\/])|\.terraform\.lock\.hcl$|\.tfstate(\.|$)/.test(source);
  await cp(infrastructure, target, { recursive: true, filter: isWanted });
}
