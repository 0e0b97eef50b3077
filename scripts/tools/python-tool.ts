import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusively.ts';
import { mustExecute } from './execute.ts';

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/**
 * The `bin` folder of a virtual environment with what `scripts/tools/<name>/requirements.txt` pins, made anew when that changes. Needs Python 3.9 or
 * later with its venv module; throws with the command that installs it.
 */
export async function pythonTool(name: string, toolsDirectory: string, say: (line: string) => void): Promise<string> {
  const requirements = fileURLToPath(new URL(`${name}/requirements.txt`, import.meta.url));
  const folder = join(toolsDirectory, `python-${name}`);
  const wanted = await readFile(requirements, 'utf8');
  const isThere = async () => (await textOf(join(folder, 'installed.txt'))) === wanted;
  if (await isThere()) return join(folder, 'bin');
  return exclusively(`${folder}.lock`, say, async () => {
    if (await isThere()) return join(folder, 'bin');
    say(`installing ${wanted.trim()} with pip`);
    await rm(folder, { recursive: true, force: true });
    await mustExecute(['python3', '-m', 'venv', folder]).catch((cause: unknown) => {
      throw new Error('Python 3 with its venv module is needed (on Debian: apt-get install python3-venv)', { cause });
    });
    await mustExecute([
      join(folder, 'bin', 'pip'),
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--requirement',
      requirements,
    ]);
    await writeFile(join(folder, 'installed.txt'), wanted);
    return join(folder, 'bin');
  });
}
