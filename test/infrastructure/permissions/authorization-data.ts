import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findMoto } from '../../rehearsal/moto-installation.ts';

/** AWS's Service Authorization Reference as cfn-lint carries it, which is installed with moto. Names of actions are in lower case. */
const schema = z.record(
  z.string(),
  z.object({
    Actions: z.record(z.string(), z.object({ Resources: z.array(z.string()).default([]) })),
    Resources: z.record(
      z.string(),
      z.object({ ARNFormats: z.array(z.string()), ConditionKeys: z.array(z.string()).default([]) }),
    ),
  }),
);

export type AuthorizationData = z.infer<typeof schema>;

/** Reads it. Throws when moto is not installed. */
export async function readAuthorizationData(): Promise<AuthorizationData> {
  const python = await findMoto(readEnvironment(process.env).tofu.cacheDirectory);
  if (python === undefined) throw new Error('moto is not installed: run `npm run rehearse -- --install`');
  const pattern = join(dirname(python), '../lib/python3*/site-packages/cfnlint/data/AdditionalSpecs/Policies.json');
  for await (const path of glob(pattern)) return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  throw new Error(`cfn-lint has no ${pattern}`);
}

/** `ec2:CreateVpc` as service and action. */
function entryOf(data: AuthorizationData, action: string) {
  const [prefix = '', name = ''] = action.toLowerCase().split(':');
  const service = data[prefix];
  return { service, entry: service?.Actions[name] };
}

/** Whether AWS knows the action at all. */
export const isAction = (data: AuthorizationData, action: string): boolean => entryOf(data, action).entry !== undefined;

/** Forms of the ARNs that an action takes, with wildcards; none: it takes `*` alone. */
export function arnFormsOf(data: AuthorizationData, action: string): string[] {
  const { service, entry } = entryOf(data, action);
  return (entry?.Resources ?? []).flatMap((type) =>
    (service?.Resources[type.toLowerCase()]?.ARNFormats ?? []).map((form) => form.replaceAll(/\$\{\w+\}|\.\*/g, '*')),
  );
}

/** Keys of conditions that its resources carry. */
export function resourceKeysOf(data: AuthorizationData, action: string): string[] {
  const { service, entry } = entryOf(data, action);
  return (entry?.Resources ?? []).flatMap((type) => service?.Resources[type.toLowerCase()]?.ConditionKeys ?? []);
}

/** The actions that a pattern of a policy stands for. */
export function actionsLike(data: AuthorizationData, pattern: string): string[] {
  const [prefix = '', name = ''] = pattern.toLowerCase().split(':');
  const expression = new RegExp(`^${name.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return Object.keys(data[prefix]?.Actions ?? {})
    .filter((action) => expression.test(action))
    .map((action) => `${prefix}:${action}`);
}
