import type { Build, CodeBuild } from '@aws-sdk/client-codebuild';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import { explainBuild } from './explain-build.ts';
import { followBuild, type BuildListener } from './follow-build.ts';

export type FollowedBuild = 'new' | 'joined' | 'other';

export interface BuildRequest {
  aws: Aws;
  project: string;
  /** Variables that this build is given. */
  variables: Readonly<Record<string, string>>;
  /** Variables by which a build that runs already is known to do the same: those above, and what the project says now. */
  sameAs: Readonly<Record<string, string | undefined>>;
  /** Version of the object that the source is; undefined: the project has none. */
  sourceVersion?: string | undefined;
  listener: BuildListener;
  signal: AbortSignal;
  intervalMs: number;
  /** Told when it is known which build is followed: a new one, one that runs already and does the same, or one of something else. */
  onBuild(id: string, kind: FollowedBuild): void;
}

/**
 * Runs a build to its end, or joins the one that runs already and does the same; one that does something else is waited for first. `left`: the signal
 * came first, and the build goes on. @throws GatewayError: it failed, with the end of its log and what to do
 */
export async function runBuild(request: BuildRequest): Promise<'done' | 'left'> {
  const { aws, project, variables, sameAs, sourceVersion, signal } = request;
  const codebuild = await aws.client('codebuild');
  const running = await runningBuild(codebuild, project);
  if (running !== undefined) {
    const isSame = Object.entries(sameAs).every(([name, value]) =>
      running.environment?.environmentVariables?.some((one) => one.name === name && one.value === value),
    );
    const end = await follow(request, running, isSame ? 'joined' : 'other').catch((error: unknown) => {
      // How something else went does not matter here.
      if (isSame || !(error instanceof GatewayError)) throw error;
      return true;
    });
    if (!end) return 'left';
    if (isSame) return 'done';
  }
  if (signal.aborted) return 'left';
  const overrides = Object.entries(variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' as const }));
  const { build } = await codebuild
    .startBuild({ projectName: project, sourceVersion, environmentVariablesOverride: overrides })
    .catch((error: unknown) => Promise.reject(startFailure(error, project)));
  if (build === undefined)
    throw new GatewayError('bad_gateway', `CodeBuild started ${project} and does not say how it is called`);
  return (await follow(request, build, 'new')) ? 'done' : 'left';
}

/** False: the signal came first. */
async function follow(request: BuildRequest, { id = '' }: Build, kind: FollowedBuild): Promise<boolean> {
  const lines: string[] = [];
  const { aws, listener, signal, intervalMs } = request;
  request.onBuild(id, kind);
  const collecting: BuildListener = {
    phase: (name, seconds) => listener.phase(name, seconds),
    log: (line) => {
      lines.push(line);
      listener.log(line);
    },
  };
  const build = await followBuild({ aws, id, listener: collecting, signal, intervalMs });
  if (build === null) return false;
  if (build.buildStatus === 'SUCCEEDED') return true;
  throw new GatewayError('bad_gateway', explainBuild(build, lines));
}

async function runningBuild(codebuild: CodeBuild, projectName: string): Promise<Build | undefined> {
  const { ids = [] } = await codebuild.listBuildsForProject({ projectName, sortOrder: 'DESCENDING' });
  if (ids.length === 0) return undefined;
  const { builds = [] } = await codebuild.batchGetBuilds({ ids: ids.slice(0, 5) });
  return builds.find(({ buildStatus }) => buildStatus === 'IN_PROGRESS');
}

/** New accounts often may run no build at all, or none of this size. */
function startFailure(error: unknown, project: string): unknown {
  if (!(error instanceof Error) || error.name !== 'AccountLimitExceededException') return error;
  return new GatewayError(
    'rate_limit_exceeded',
    `CodeBuild starts no more builds of ${project} in this account: ${error.message}. Wait for those that run, or ask for more under Service Quotas, AWS CodeBuild, "Concurrently running builds for Linux/Medium environment"`,
    { cause: error },
  );
}
