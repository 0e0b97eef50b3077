import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import { readText } from '../aws/read-text.ts';
import type { Target } from '../target.ts';

const digest = /@sha256:[0-9a-f]{64}$/;

const weightsSchema = z.object({
  /** Folder of the weights in the bucket: `weights/<model>@<revision>`. */
  key: z.string().startsWith('weights/'),
  /** Of its `manifest.sha256`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size_bytes: z.number().optional(),
  staged_at: z.string().optional(),
});

const imageSchema = z.object({
  /** By digest: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:…`. */
  image: z.string().regex(digest),
  /** What it was made from: another image by digest, or the digest of the source archive. */
  source: z.string().optional(),
  staged_at: z.string().optional(),
});

const schemas = { weights: weightsSchema, engine: imageSchema, gateway: imageSchema } as const;

/** What the builds have put in place; undefined: not yet. */
export interface Staged {
  weights: z.infer<typeof weightsSchema> | undefined;
  engine: z.infer<typeof imageSchema> | undefined;
  gateway: z.infer<typeof imageSchema> | undefined;
}

/** Reads what each build wrote last into `staged/` of the bucket of artifacts. @throws GatewayError: a file is not what we write */
export async function readStaged(aws: Aws, bucket: string): Promise<Staged> {
  const [weights, engine, gateway] = await Promise.all([
    readOne(aws, bucket, 'weights'),
    readOne(aws, bucket, 'engine'),
    readOne(aws, bucket, 'gateway'),
  ]);
  return { weights, engine, gateway };
}

/** The topology's variable `artifacts`. @throws GatewayError `not_found`: something is not staged yet */
export function artifactsVariable({ weights, engine, gateway }: Staged, bucket: string, { topology, environment }: Target) {
  if (weights === undefined || engine === undefined || gateway === undefined) {
    const missing = Object.entries({ weights, engine, gateway }).flatMap(([name, value]) => (value === undefined ? name : []));
    throw new GatewayError(
      'not_found',
      `not staged yet: ${missing.join(', ')}; run sluice stage ${topology} --env ${environment}`,
    );
  }
  return {
    bucket,
    engine_image: engine.image,
    gateway_image: gateway.image,
    weights_key: weights.key,
    weights_sha256: weights.sha256,
  };
}

type Kind = keyof typeof schemas;

async function readOne<K extends Kind>(aws: Aws, bucket: string, kind: K): Promise<z.infer<(typeof schemas)[K]> | undefined> {
  const key = `staged/${kind}.json`;
  const text = await readText(aws, bucket, key);
  if (text === undefined) return undefined;
  try {
    return schemas[kind].parse(JSON.parse(text)) as z.infer<(typeof schemas)[K]>;
  } catch (cause) {
    throw new GatewayError('bad_request', `s3://${bucket}/${key} is not what a build writes: stage again`, { cause });
  }
}
