import type { Build } from '@aws-sdk/client-codebuild';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';

/** What is told while a build runs. */
export interface BuildListener {
  phase(name: string, seconds: number): void;
  log(line: string): void;
}

export interface FollowOptions {
  aws: Aws;
  id: string;
  listener: BuildListener;
  /** Ends the following, not the build. */
  signal: AbortSignal;
  intervalMs: number;
}

/** Follows a build to its end: phases and log lines as they come. Null: the signal ended it first. */
export async function followBuild({ aws, id, listener, signal, intervalMs }: FollowOptions): Promise<Build | null> {
  const codebuild = await aws.client('codebuild');
  const tail = new LogTail(aws, listener);
  let phase = '';
  while (!signal.aborted) {
    const { builds: [build] = [] } = await codebuild.batchGetBuilds({ ids: [id] });
    if (build === undefined) throw new Error(`CodeBuild has forgotten the build ${id}`);
    const current = build.currentPhase ?? '';
    if (current !== phase && current !== '') listener.phase(current, secondsOf(build));
    phase = current;
    await tail.read(build);
    if (build.buildComplete === true || (build.buildStatus !== undefined && build.buildStatus !== 'IN_PROGRESS')) {
      // The last lines, which say why a build failed, reach the log a little after its end.
      await pause(intervalMs, signal);
      await tail.read(build);
      return build;
    }
    await pause(intervalMs, signal);
  }
  return null;
}

function secondsOf({ startTime, phases = [] }: Build): number {
  const now = phases.at(-1)?.startTime ?? startTime;
  return startTime === undefined || now === undefined ? 0 : Math.max(0, Math.round((now.getTime() - startTime.getTime()) / 1000));
}

/** The lines of a build's log that have not been told yet. The group and stream are there some seconds after the build began. */
class LogTail {
  readonly #aws: Aws;
  readonly #listener: BuildListener;
  #token: string | undefined;

  constructor(aws: Aws, listener: BuildListener) {
    this.#aws = aws;
    this.#listener = listener;
  }

  async read({ logs }: Build): Promise<void> {
    if (logs?.groupName === undefined || logs.streamName === undefined) return;
    const client = await this.#aws.client('cloudwatch-logs');
    const stream = { logGroupName: logs.groupName, logStreamName: logs.streamName, startFromHead: true };
    try {
      for (;;) {
        const { events = [], nextForwardToken } = await client.getLogEvents({ ...stream, nextToken: this.#token });
        for (const { message = '' } of events) this.#listener.log(message.trimEnd());
        // The same token again means that there is no more for now.
        const isEnd = events.length === 0 || nextForwardToken === this.#token;
        this.#token = nextForwardToken;
        if (isEnd) return;
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

/** Resolves after the time, or when the signal comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
