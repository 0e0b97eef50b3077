import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import { readText } from '../aws/read-text.ts';

const instanceSchema = z.object({
  attributes: z.record(z.string(), z.unknown()).default({}),
  status: z.string().optional(),
  deposed: z.string().optional(),
});

const stateSchema = z.object({
  resources: z
    .array(z.object({ mode: z.string(), type: z.string(), name: z.string(), instances: z.array(instanceSchema).default([]) }))
    .default([]),
});

/** A resource of a state, with the attributes of each instance that stands whole: neither tainted nor about to be replaced. */
export interface StateResource {
  type: string;
  name: string;
  instances: readonly Readonly<Record<string, unknown>>[];
}

/**
 * What a root has made, read from its state in the bucket without a lock. Outputs say what was planned; only this says what was reached when an apply
 * broke off. Null: no such bucket or state. @throws GatewayError: the object is no state
 */
export async function readStateResources(aws: Aws, bucket: string, key: string): Promise<readonly StateResource[] | null> {
  const text = await readText(aws, bucket, key);
  return text === undefined ? null : parseStateResources(text, `s3://${bucket}/${key}`);
}

/** The same for the text of a state. @param path for errors */
export function parseStateResources(text: string, path: string): readonly StateResource[] {
  try {
    return stateSchema
      .parse(JSON.parse(text))
      .resources.filter(({ mode }) => mode === 'managed')
      .map(({ type, name, instances }) => ({
        type,
        name,
        instances: instances
          .filter(({ status, deposed }) => status !== 'tainted' && deposed === undefined)
          .map(({ attributes }) => attributes),
      }));
  } catch (cause) {
    throw new GatewayError('bad_request', `${path} is no readable state; is it encrypted by the program itself?`, { cause });
  }
}
