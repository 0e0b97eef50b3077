import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startContainer } from './container.ts';
import { readCreate, type ContainerArguments } from './docker-arguments.ts';

/** Where the stand-in keeps what a daemon would know. */
export const containersOf = (root: string): string => join(root, 'containers');

/**
 * The commands of Docker that the host's scripts use. Answers with the status that Docker would have.
 * @param program how this program is started again, for the process that stays with a container
 */
export async function docker(root: string, words: readonly string[], program: readonly string[]): Promise<number> {
  const folder = containersOf(root);
  mkdirSync(folder, { recursive: true });
  const [verb = '', ...rest] = words;
  const name = rest.at(-1) ?? '';
  const path = (suffix: string) => join(folder, `${name}.${suffix}`);
  switch (verb) {
    case 'image':
      return existsSync(join(folder, 'pulled')) && readFileSync(join(folder, 'pulled'), 'utf8').includes(name) ? 0 : 1;
    case 'pull':
      writeFileSync(join(folder, 'pulled'), `${name}\n`, { flag: 'a' });
      return 0;
    case 'login':
    case 'network':
      return 0;
    case 'info':
      process.stdout.write('overlay2\n');
      return 0;
    case 'create': {
      const container = readCreate(rest);
      writeFileSync(join(folder, `${container.name}.json`), JSON.stringify(container));
      return 0;
    }
    case 'start': {
      const log = openSync(path('log'), 'a');
      const [command = '', ...before] = program;
      spawn(command, [...before, 'container', root, name], { detached: true, stdio: ['ignore', log, log] }).unref();
      return 0;
    }
    case 'wait':
      while (!existsSync(path('status'))) await sleep(200);
      process.stdout.write(readFileSync(path('status')));
      return 0;
    case 'rm':
      for (const suffix of ['json', 'status']) rmSync(path(suffix), { force: true });
      return 0;
    default:
      process.stderr.write(`docker ${verb}: not known to this stand-in\n`);
      return 125;
  }
}

/** Stays with a container until its program ends, and keeps its status. */
export async function runContainer(root: string, name: string): Promise<void> {
  const folder = containersOf(root);
  let status: number | null;
  try {
    const container = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as ContainerArguments;
    const child = startContainer(folder, container);
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(process.stdout, { end: false });
    status = await new Promise((resolve) => child.once('close', resolve));
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    status = 127;
  }
  writeFileSync(join(folder, `${name}.status`), `${status ?? 137}\n`);
}
