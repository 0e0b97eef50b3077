import { join } from 'node:path';
import { readEnvironment, type Environment } from '../../src/config/environment.ts';
import { findProgram, testedVersion } from '../../src/tofu/program.ts';
import { installMoto } from '../../test/rehearsal/moto-installation.ts';
import { execute } from './execute.ts';
import { goTool, type GoTool } from './go-tool.ts';
import { pythonTool } from './python-tool.ts';

/** What the tests of the infrastructure run on. */
export const toolNames = ['tofu', 'tflint', 'actionlint', 'checkov', 'moto', 'shellcheck'] as const;

export type ToolName = (typeof toolNames)[number];

const opentofu: GoTool = {
  name: 'tofu',
  version: testedVersion,
  module: 'opentofu',
  package: 'github.com/opentofu/opentofu/cmd/tofu',
  linkerFlags: '-s -w -X github.com/opentofu/opentofu/version.dev=no',
  effort: '5 to 11 minutes on two cores, 260 MB of downloads, 1.8 GB of memory',
};

const tflint: GoTool = {
  name: 'tflint',
  version: '0.64.0',
  module: 'tflint',
  package: 'github.com/terraform-linters/tflint',
  linkerFlags: '-s -w',
  effort: '1 to 3 minutes on two cores',
};

const actionlint: GoTool = {
  name: 'actionlint',
  version: '1.7.12',
  module: 'actionlint',
  package: 'github.com/rhysd/actionlint/cmd/actionlint',
  linkerFlags: '-s -w',
  effort: 'under a minute',
};

interface Surroundings {
  environment: Environment;
  toolsDirectory: string;
  say: (line: string) => void;
}

/** One that is installed, unless it is too old for the tests: 1.11 crashes on mocks where a root has an ephemeral block. */
async function tofu({ environment, toolsDirectory, say }: Surroundings): Promise<string> {
  const installed = await findProgram({ environment }).catch((error: unknown) => {
    if (environment.tofu.program !== undefined) throw error;
    return undefined;
  });
  if (installed !== undefined && (environment.tofu.program !== undefined || !installed.version.startsWith('1.11.')))
    return installed.path;
  return goTool(opentofu, toolsDirectory, say);
}

async function shellcheck(): Promise<string> {
  const outcome = await execute(['shellcheck', '--version']).catch(() => undefined);
  if (outcome?.status !== 0) throw new Error('shellcheck is missing (on Debian: apt-get install shellcheck)');
  return 'shellcheck';
}

const makers: Record<ToolName, (surroundings: Surroundings) => Promise<string>> = {
  tofu,
  tflint: ({ toolsDirectory, say }) => goTool(tflint, toolsDirectory, say),
  actionlint: ({ toolsDirectory, say }) => goTool(actionlint, toolsDirectory, say),
  checkov: async ({ toolsDirectory, say }) => join(await pythonTool('checkov', toolsDirectory, say), 'checkov'),
  moto: ({ environment, say }) => installMoto(environment.tofu.cacheDirectory, say),
  shellcheck,
};

/** The path of a tool (for moto, of the Python that has it), installed into the cache folder if it is not there. Throws when that fails. */
export function ensureTool(name: ToolName, say: (line: string) => void): Promise<string> {
  const environment = readEnvironment(process.env);
  return makers[name]({ environment, toolsDirectory: join(environment.tofu.cacheDirectory, 'tools'), say });
}
