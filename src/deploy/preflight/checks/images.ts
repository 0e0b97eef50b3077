import { z } from 'zod';
import type { Aws } from '../../aws/clients.ts';
import { isMissing } from '../../aws/describe-error.ts';
import { readStaged } from '../../stage/staged.ts';
import { fail, pass, type Check, type CheckContext, type Finding } from '../check.ts';
import { stagingLine } from './staging-line.ts';

/** An image index (OCI Image Index Specification; Docker's manifest list has the same fields). */
const indexSchema = z.object({
  manifests: z.array(z.object({ platform: z.object({ architecture: z.string() }).optional() })).optional(),
});

const mediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Both images are in their repositories under the digests that were staged, for the processors that will run them. */
export const imageChecks: readonly Check[] = (['gateway', 'engine'] as const).map((kind) => ({
  id: `${kind}-image`,
  phase: 'artifacts',
  run: (context) => look(context, kind),
}));

async function look(context: CheckContext, kind: 'gateway' | 'engine'): Promise<Finding> {
  const { aws, names, target } = context;
  const fix = await stagingLine(context, kind === 'gateway' ? 'image' : 'weights');
  const image = (await readStaged(aws, names.artifactsBucket))[kind]?.image;
  if (image === undefined) return fail(`none staged in ${names.artifactsBucket}: hosts would never become ready`, fix);
  const digest = image.slice(image.indexOf('@') + 1);
  const architectures = await architecturesOf(aws, names.repositories[kind], digest);
  if (architectures === undefined) return fail(`${names.repositories[kind]} has no image ${digest.slice(0, 19)}…`, fix);
  // GPU hosts are x86_64, the standby responder is arm64; an image that is no index does not say what it is for.
  const hasStandby = kind === 'gateway' && target.values['enable_standby_responder'] !== false;
  const needed = hasStandby ? ['amd64', 'arm64'] : ['amd64'];
  const lacking = architectures.length === 0 && needed.length === 1 ? [] : needed.filter((name) => !architectures.includes(name));
  if (lacking.length > 0)
    return fail(`${digest.slice(0, 19)}… is not made for ${lacking.join(' and ')}: "exec format error" on the host`, fix);
  return pass(`${digest.slice(0, 19)}…${architectures.length > 0 ? ` for ${[...new Set(architectures)].join(', ')}` : ''}`);
}

/** Architectures of an image index; none for a single image; undefined: no such image. */
async function architecturesOf(aws: Aws, repositoryName: string, imageDigest: string): Promise<string[] | undefined> {
  const ecr = await aws.client('ecr');
  try {
    const { images = [] } = await ecr.batchGetImage({
      repositoryName,
      imageIds: [{ imageDigest }],
      acceptedMediaTypes: mediaTypes,
    });
    const [image] = images;
    if (image === undefined) return undefined;
    const index = indexSchema.safeParse(JSON.parse(image.imageManifest ?? '{}'));
    return (index.data?.manifests ?? [])
      .flatMap(({ platform }) => platform?.architecture ?? [])
      .filter((name) => name !== 'unknown');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
