import { dirname } from 'node:path';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';
import type { Names } from '../names.ts';
import type { Target } from '../target.ts';
import { refuseForeign, type Wanted } from './refuse-foreign.ts';
import { runBuild, type BuildRequest } from './run-build.ts';
import { packSource, type SourceArchive } from './source-archive.ts';
import { readStaged, type Staged } from './staged.ts';

/** What can be staged: weights together with the engine's image, or the gateway's image. */
export type Part = 'weights' | 'image';

export interface StageOptions {
  target: Target;
  aws: Aws;
  names: Names;
  /** Default: both. */
  only?: Part | undefined;
  /** Version of the gateway, for the image's label. */
  version: string;
  /** Builds even what is there. */
  isForced?: boolean;
  /** A line of progress. */
  say(line: string): void;
  /** Ends the following; builds go on. */
  signal: AbortSignal;
  intervalMs?: number;
}

/** What is in place now; `left`: ids of builds that go on without us. */
export interface StageResult {
  staged: Staged;
  left: readonly string[];
}

/** Has CodeBuild put weights and images in place, side by side, and skips what is there. @throws GatewayError: no project, a build failed, or somebody staged beside us */
export async function stage(options: StageOptions): Promise<StageResult> {
  const { aws, names, only } = options;
  const variables = await projectVariables(options);
  const before = await readStaged(aws, names.artifactsBucket);
  const left: string[] = [];
  const builds: Promise<Wanted>[] = [];
  if (only !== 'image') builds.push(stageWeights(options, before, variables.stage, left));
  if (only !== 'weights') builds.push(stageImage(options, before, left));
  const ends = await Promise.allSettled(builds);
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length > 1 && failures.every((failure) => failure instanceof GatewayError)) {
    throw new GatewayError('bad_gateway', failures.map(({ message }) => message).join('\n\n'), { cause: failures });
  }
  if (failures.length > 0) throw failures[0];
  const staged = await readStaged(aws, names.artifactsBucket);
  if (left.length === 0) refuseForeign(staged, Object.assign({}, ...(await Promise.all(builds))));
  return { staged, left };
}

async function stageWeights(options: StageOptions, before: Staged, wanted: Variables, left: string[]): Promise<Wanted> {
  const { names, say } = options;
  const { weights, engine } = before;
  const hasBoth =
    weights?.key === wanted['WEIGHTS_KEY'] &&
    engine?.source === wanted['ENGINE_SOURCE'] &&
    weights !== undefined &&
    engine !== undefined &&
    (await objectExists(options, `${weights.key}/manifest.sha256`)) &&
    (await imageExists(options, 'engine', engine.image));
  const { WEIGHTS_KEY, ENGINE_SOURCE } = wanted;
  const result = { weights: WEIGHTS_KEY, engine: ENGINE_SOURCE };
  if (hasBoth && options.isForced !== true) {
    say(`stage   there already: ${weights.key} and the engine ${digestOf(engine.image)}`);
    return result;
  }
  const sameAs = { WEIGHTS_KEY, ENGINE_SOURCE };
  await build(options, { part: 'stage', project: names.projects.stage, variables: {}, sameAs }, left);
  return result;
}

async function stageImage(options: StageOptions, { gateway }: Staged, left: string[]): Promise<Wanted> {
  const { target, names, aws, say, version } = options;
  const source = await packSource(dirname(target.infrastructure));
  const isThere = gateway?.source === source.revision && (await imageExists(options, 'gateway', gateway.image));
  const result = { gateway: source.revision };
  if (isThere && options.isForced !== true) {
    say(`image   there already: ${digestOf(gateway.image)} of the same sources`);
    return result;
  }
  say(`image   ${source.fileCount} files, ${megabytes(source)} MB, revision ${source.revision.slice(0, 12)}`);
  const s3 = await aws.client('s3');
  const { VersionId } = await s3.putObject({ Bucket: names.artifactsBucket, Key: 'source/gateway.zip', Body: source.zip });
  const variables = { SOURCE_REVISION: source.revision, SOURCE_LABEL: version };
  // This very upload: somebody else's may come before the build reads it, and tags stay what they are pushed as.
  const request = { variables, sameAs: { SOURCE_REVISION: source.revision }, sourceVersion: VersionId };
  await build(options, { part: 'image', project: names.projects.image, ...request }, left);
  return result;
}

const megabytes = ({ zip }: SourceArchive): string => (zip.length / 1e6).toFixed(1);

const digestOf = (image: string): string => `${image.slice(image.indexOf('@') + 1, image.indexOf('@') + 20)}…`;

const words = {
  new: 'build',
  joined: 'joined the running build',
  other: 'waits for the running build of something else,',
} as const;

async function build(
  { aws, say, signal, intervalMs = 5_000 }: StageOptions,
  { part, ...request }: { part: string } & Pick<BuildRequest, 'project' | 'variables' | 'sameAs' | 'sourceVersion'>,
  left: string[],
): Promise<void> {
  const head = part.padEnd(6);
  let current = '';
  const end = await runBuild({
    aws,
    ...request,
    signal,
    intervalMs,
    onBuild: (id, kind) => {
      current = id;
      say(`${head}  ${words[kind]} ${id}`);
    },
    listener: {
      phase: (name, seconds) => say(`${head}  ${name.toLowerCase().replaceAll('_', ' ')} (${seconds} s)`),
      log: (line) => say(`${head}  | ${line}`),
    },
  });
  if (end === 'left') left.push(current);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of both projects, by which it is known what they would stage. */
async function projectVariables({ aws, names, target }: StageOptions): Promise<{ stage: Variables; image: Variables }> {
  const { projects } = names;
  const { projects: found = [] } = await (
    await aws.client('codebuild')
  ).batchGetProjects({ names: [projects.stage, projects.image] });
  const variablesOf = (name: string): Variables => {
    const project = found.find((one) => one.name === name);
    if (project === undefined) {
      throw new GatewayError(
        'not_found',
        `there is no CodeBuild project ${name}: sluice deploy ${target.topology} --env ${target.environment} makes it, before it stages`,
      );
    }
    return Object.fromEntries((project.environment?.environmentVariables ?? []).map((one) => [one.name ?? '', one.value]));
  };
  return { stage: variablesOf(projects.stage), image: variablesOf(projects.image) };
}

async function objectExists({ aws, names }: StageOptions, key: string): Promise<boolean> {
  try {
    await (await aws.client('s3')).headObject({ Bucket: names.artifactsBucket, Key: key });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function imageExists({ aws, names }: StageOptions, kind: 'gateway' | 'engine', image: string): Promise<boolean> {
  try {
    const imageDigest = image.slice(image.indexOf('@') + 1);
    const { imageDetails = [] } = await (
      await aws.client('ecr')
    ).describeImages({ repositoryName: names.repositories[kind], imageIds: [{ imageDigest }] });
    return imageDetails.length > 0;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
