import { join } from 'node:path';
import { check, type Check } from './check.ts';
import { execute, mustExecute } from './execute.ts';
import { ensureTool } from './tools.ts';

const say = (line: string): void => console.error(line);

/** Checks that need no provider: format, lint, and known weaknesses. `only` is a folder, or undefined for all. */
export async function staticChecks(copy: string, tofuPath: string, only: string | undefined): Promise<Check[]> {
  const folder = only ?? '.';
  const target = join(copy, folder);
  return [
    await check(folder, 'fmt', async () => {
      await mustExecute([tofuPath, 'fmt', '-check', '-diff', '-recursive', '-no-color', target]);
    }),
    await check(folder, 'tflint', async () => {
      const tflint = await ensureTool('tflint', say);
      const scope = only === undefined ? ['--recursive'] : [];
      await mustExecute([tflint, ...scope, '--no-color', '--format=compact'], { directory: target });
    }),
    await check(folder, 'checkov', async () => {
      const checkov = await ensureTool('checkov', say);
      const { status, output } = await execute([checkov, '--config-file', join(copy, '.checkov.yaml'), '--directory', target], {
        environment: { LOG_LEVEL: 'ERROR' },
      });
      const [, failed = '1'] = /Failed checks: (\d+)/.exec(output) ?? [];
      return status === 0
        ? { passed: 1, failed: 0, report: '' }
        : { passed: 0, failed: Number(failed), report: output.trim() || `checkov ended with ${status}` };
    }),
  ];
}
