import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../../rehearsal/workspace.ts';

/** Methods of AWS's clients, by the name of the operation: `GetRoleCommand` is called by `getRole`. */
async function clientMethods(): Promise<Set<string>> {
  const { optionalDependencies } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const methods = new Set<string>();
  for (const name of Object.keys(optionalDependencies).filter((one) => one.startsWith('@aws-sdk/client-'))) {
    const client = (await import(name)) as Record<string, unknown>;
    for (const command of Object.keys(client).filter((one) => one.endsWith('Command')))
      methods.add(command.charAt(0).toLowerCase() + command.slice(1, -'Command'.length));
  }
  return methods;
}

/** What the commands and the workflows' scripts call of them. */
export async function commandMethods(): Promise<string[]> {
  const methods = await clientMethods();
  const found = new Set<string>();
  for await (const path of glob(join(repository, '{src/deploy,src/cli,scripts}/**/*.ts'))) {
    if (path.endsWith('.test.ts')) continue;
    for (const [, name = ''] of (await readFile(path, 'utf8')).matchAll(/\.(\w+)\(/g)) if (methods.has(name)) found.add(name);
  }
  return [...found].toSorted();
}
