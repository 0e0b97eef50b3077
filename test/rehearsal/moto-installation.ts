import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const requirements = fileURLToPath(new URL('mock-aws/requirements.txt', import.meta.url));

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Python of the virtual environment with moto, if what lies there is what requirements.txt asks for. */
export async function findMoto(cacheDirectory: string): Promise<string | undefined> {
  const folder = join(cacheDirectory, 'moto');
  const isCurrent = (await textOf(join(folder, 'installed.txt'))) === (await textOf(requirements));
  return isCurrent ? join(folder, 'bin', 'python') : undefined;
}

/** The same, installed from PyPI if it is not there, which `say` is told. Throws what `python3` or `pip` said. */
export async function installMoto(cacheDirectory: string, say: (line: string) => void = () => undefined): Promise<string> {
  const there = await findMoto(cacheDirectory);
  if (there !== undefined) return there;
  const folder = join(cacheDirectory, 'moto');
  say('installing moto from PyPI, once: about 300 MB, half a minute');
  await rm(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
  await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', requirements], { timeout: 600_000 });
  await writeFile(join(folder, 'installed.txt'), await readFile(requirements));
  return join(folder, 'bin', 'python');
}
