import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findProgram, type Program } from '../../../src/tofu/program.ts';
import { providerVariables } from '../../../src/tofu/provider-configuration.ts';
import { findProviderMirror } from '../../../src/tofu/provider-mirror.ts';
import { runTofu } from '../../../src/tofu/run.ts';
import { copyInfrastructure } from '../../../scripts/tools/hcl-folders.ts';
import { ensureTool } from '../../../scripts/tools/tools.ts';

/** Program and variables; the program is installed if it is not there. Throws when that fails: nothing is skipped. */
export interface Tofu {
  program: Program;
  variables: Record<string, string | undefined>;
}

export async function findTofu(): Promise<Tofu> {
  const environment = readEnvironment(process.env);
  const program = await findProgram({ named: await ensureTool('tofu', console.error), environment });
  const mirror = await findProviderMirror(environment.tofu);
  const variables = { ...environment.variables, ...(await providerVariables(program, environment.tofu, mirror)) };
  return { program, variables };
}

export interface Workspace {
  /** The folder of the copy of `infrastructure`. */
  copy: string;
  /** Built pages, as small as they can be. */
  pages: string;
  remove: () => Promise<void>;
}

/** A copy of the infrastructure that a test may write into. */
export async function makeWorkspace(): Promise<Workspace> {
  const scratch = await mkdtemp(join(tmpdir(), 'infrastructure-properties-'));
  const copy = join(scratch, 'infrastructure');
  await copyInfrastructure(fileURLToPath(new URL('../../../infrastructure', import.meta.url)), copy);
  const pages = join(scratch, 'pages');
  await mkdir(join(pages, 'ui'), { recursive: true });
  for (const file of ['index.html', 'config.json', 'ui/index.html']) await writeFile(join(pages, file), file);
  return { copy, pages, remove: () => rm(scratch, { recursive: true, force: true }) };
}

/** Against a program that hangs; on a busy machine eighty plans take many minutes. */
const timeoutMs = 30 * 60_000;

/** Runs the program in a folder and gives its standard output. Throws what it said when it fails. */
export async function tofu(
  { program, variables }: Tofu,
  directory: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const { stdout } = await runTofu({
    program,
    directory,
    args,
    environment: variables,
    timeoutMs,
    ...(onLine === undefined ? {} : { onLine }),
  });
  return stdout;
}
