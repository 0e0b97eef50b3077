import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variables } from './generated-plans.ts';
import { offlineOverride } from './offline-override.ts';
import type { PlanJson } from './plan.ts';
import { tofu, type Tofu } from './tofu.ts';

export interface PlanFile {
  plan: PlanJson;
  /** The JSON as it was printed. */
  json: string;
  /** The file that `apply` would take. */
  archive: Buffer;
}

/** Plans a root of a copy as a person does, into a file, with the real provider but without AWS. Throws what the program said. */
export async function planFile(
  program: Tofu,
  directory: string,
  variables: Variables,
  options: readonly string[] = [],
): Promise<PlanFile> {
  await writeFile(join(directory, 'zz_offline_override.tf'), offlineOverride);
  await writeFile(join(directory, 'zz_offline.auto.tfvars.json'), JSON.stringify(variables));
  await tofu(program, directory, ['init', '-no-color']);
  const path = join(directory, 'plan.bin');
  await tofu(program, directory, ['plan', '-no-color', '-refresh=false', '-lock=false', `-out=${path}`, ...options]);
  const json = await tofu(program, directory, ['show', '-json', path]);
  return { plan: JSON.parse(json) as PlanJson, json, archive: await readFile(path) };
}
