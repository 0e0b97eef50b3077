import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from './leftovers.ts';
import { mockAccountId } from './mock-aws.ts';
import { names, region, type Rehearsal } from './rehearsal.ts';

/** What staging hands to the topology, as its variable `artifacts`. */
export interface Artifacts {
  bucket: string;
  engine_image: string;
  gateway_image: string;
  weights_key: string;
  weights_sha256: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** An image by the digest of a text: nothing is pushed, and nothing here pulls it. */
export const imageOf = (repository: string, content: string): string =>
  `${mockAccountId}.dkr.ecr.${region}.amazonaws.com/${repository}@sha256:${sha256(content)}`;

const weights = 'no weights: a rehearsal';
const manifest = `${sha256(weights)}  model.safetensors\n`;

/** What is staged here: a manifest of one small file instead of weights. */
export const artifacts: Artifacts = {
  bucket: names.artifactsBucket,
  engine_image: imageOf(names.repositories.engine, 'engine'),
  gateway_image: imageOf(names.repositories.gateway, 'gateway 1'),
  weights_key: 'weights/microsoft--Phi-3-mini-4k-instruct@rehearsal',
  weights_sha256: sha256(manifest),
};

/** Writes what staging would leave in the bucket. */
export async function stage({ aws }: Pick<Rehearsal, 'aws'>): Promise<void> {
  const client = new S3Client(clientOptions(aws));
  const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: artifacts.bucket, Key, Body }));
  await put(`${artifacts.weights_key}/model.safetensors`, weights);
  await put(`${artifacts.weights_key}/manifest.sha256`, manifest);
  const staged = {
    weights: { key: artifacts.weights_key, sha256: artifacts.weights_sha256 },
    engine: { image: artifacts.engine_image },
    gateway: { image: artifacts.gateway_image },
  };
  for (const [kind, value] of Object.entries(staged)) await put(`staged/${kind}.json`, JSON.stringify(value));
}
