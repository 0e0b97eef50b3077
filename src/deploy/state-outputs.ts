import * as z from 'zod';
import { GatewayError } from '../errors.ts';
import type { Aws } from './aws/clients.ts';
import { readText } from './aws/read-text.ts';

const stateSchema = z.object({ outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}) });

/**
 * Outputs of a root, read from its state in the bucket: no program and no lock are needed for that. Null: there is no such bucket or state.
 * @throws GatewayError: the object is no state
 */
export async function readStateOutputs(aws: Aws, bucket: string, key: string): Promise<Readonly<Record<string, unknown>> | null> {
  const text = await readText(aws, bucket, key);
  if (text === undefined) return null;
  try {
    const { outputs } = stateSchema.parse(JSON.parse(text));
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  } catch (cause) {
    throw new GatewayError('bad_request', `s3://${bucket}/${key} is no readable state; is it encrypted by the program itself?`, {
      cause,
    });
  }
}

/** A text among outputs; undefined where it is missing or null. */
export function textOutput(outputs: Readonly<Record<string, unknown>> | null, name: string): string | undefined {
  const value = outputs?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** ARN of the boundary that an environment's roles must carry, from bootstrap's outputs; undefined where they tell none. */
export function boundaryOf(outputs: Readonly<Record<string, unknown>> | null, environment: string): string | undefined {
  const boundaries = outputs?.['permissions_boundary_arns'];
  return typeof boundaries === 'object' && boundaries !== null ? textOutput({ ...boundaries }, environment) : undefined;
}

/** The same, of an account that was bootstrapped. @throws GatewayError: by an older bootstrap, and the next plan would take the boundary off the roles */
export function requireBoundary(outputs: Readonly<Record<string, unknown>>, environment: string, bootstrapLine: string): string {
  const boundary = boundaryOf(outputs, environment);
  if (boundary !== undefined) return boundary;
  throw new GatewayError(
    'bad_request',
    `the state of bootstrap names no permissions boundary for ${environment}: an older version made it. Run ${bootstrapLine} again, which adds what is missing`,
  );
}
