import { open } from '../../support/client.ts';
import { costOfTokens } from './sums.ts';
import { usageOf } from './engine.ts';
import type { GovernanceWorld } from './world.ts';

export const maxTokens = 10;

/** One request of a load. */
export interface Plan {
  key: string;
  gateway?: number;
  isStream?: boolean;
  path?: string;
  body?: Record<string, unknown>;
  /** Cuts the connection after so many pieces of a stream. */
  cutAfter?: number;
  /** Cuts the connection so long after the request was sent, whatever has come. */
  cutAfterMs?: number;
  requestId?: string;
}

export interface Outcome {
  /** 0: the connection broke. */
  status: number;
  isStream: boolean;
  isCut: boolean;
  /** Whether the answer came whole. */
  isWhole: boolean;
  /** Pieces of a stream that came. */
  pieces: number;
  text: string;
  headers: Record<string, unknown>;
  ms: number;
  /** By the usage that the engine reports, nano-dollars. */
  cost: bigint;
}

/** Sends a request and reads the answer, or part of it. */
export async function ask(world: GovernanceWorld, plan: Plan): Promise<Outcome> {
  const { key, gateway = 0, isStream = false, path = '/v1/chat/completions', cutAfter = Infinity, cutAfterMs, requestId } = plan;
  const inputs = path.endsWith('/embeddings')
    ? { input: 'hi' }
    : path.endsWith('/chat/completions')
      ? { messages: [{ role: 'user', content: 'hi' }], max_tokens: maxTokens }
      : { prompt: 'hi', max_tokens: maxTokens };
  const body = {
    model: 'm',
    ...inputs,
    ...(isStream ? { stream: true } : {}),
    ...plan.body,
  };
  const usage = usageOf(body);
  const startedMs = performance.now();
  const outcome: Outcome = {
    status: 0,
    isStream,
    isCut: false,
    isWhole: false,
    pieces: 0,
    text: '',
    headers: {},
    ms: 0,
    cost: costOfTokens(usage.prompt_tokens, usage.completion_tokens),
  };
  try {
    const headers = { authorization: `Bearer ${key}`, ...(requestId === undefined ? {} : { 'x-request-id': requestId }) };
    const opened = open(`${world.urls[gateway]}${path}`, { headers, body, agent: world.agent });
    if (cutAfterMs !== undefined) {
      outcome.isCut = true;
      setTimeout(() => opened.request.destroy(), cutAfterMs);
    }
    const response = await opened.response;
    outcome.status = response.statusCode ?? 0;
    outcome.headers = response.headers;
    for await (const part of response) {
      outcome.text += String(part);
      if (!isStream) continue;
      outcome.pieces = outcome.text.split('"content":"').length - 1;
      if (outcome.pieces < cutAfter) continue;
      outcome.isCut = true;
      opened.request.destroy();
      break;
    }
    outcome.isWhole = outcome.status === 200 && (!isStream || outcome.text.includes('[DONE]'));
  } catch {
    // A gateway that dies breaks the connection: the outcome says so.
  }
  outcome.ms = performance.now() - startedMs;
  return outcome;
}

/** So many at once over all gateways, half of them streams. */
export function flood(world: GovernanceWorld, key: string, count: number, more: Partial<Plan> = {}): Promise<Outcome[]> {
  const plans = Array.from({ length: count }, (_, index) => ({
    key,
    gateway: index % world.urls.length,
    isStream: index % 4 >= 2,
    ...more,
  }));
  return Promise.all(plans.map((plan) => ask(world, plan)));
}

/** Runs tasks, so many at once. */
export async function inTurns<Result>(tasks: readonly (() => Promise<Result>)[], atOnce: number): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < tasks.length; index = next++) results[index] = await tasks[index]!();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** An outcome of a lasting load. */
export interface TimedOutcome extends Outcome {
  requestId: string;
  gateway: number;
  endedMs: number;
}

/** Keeps so many requests under way over all gateways, half of them streams, until it is stopped. Who is refused waits a moment. */
export class LastingLoad {
  readonly outcomes: TimedOutcome[] = [];
  #isStopped = false;
  readonly #workers: Promise<void>[];

  constructor(world: GovernanceWorld, key: string, atOnce: number) {
    this.#workers = Array.from({ length: atOnce }, (_, worker) => this.#work(world, key, worker));
  }

  async stop(): Promise<TimedOutcome[]> {
    this.#isStopped = true;
    await Promise.all(this.#workers);
    return this.outcomes;
  }

  async #work(world: GovernanceWorld, key: string, worker: number): Promise<void> {
    const gateway = worker % world.urls.length;
    for (let turn = 0; !this.#isStopped; turn++) {
      const requestId = `load-${worker}-${turn}`;
      const outcome = await ask(world, { key, gateway, requestId, isStream: (worker + turn) % 4 >= 2 });
      this.outcomes.push({ ...outcome, requestId, gateway, endedMs: performance.now() });
      if (outcome.status !== 200) await pause(20);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function slowestMs(outcomes: readonly Outcome[]): number {
  return Math.round(Math.max(0, ...outcomes.map(({ ms }) => ms)));
}

export function whole<Some extends Outcome>(outcomes: readonly Some[]): Some[] {
  return outcomes.filter(({ isWhole }) => isWhole);
}

export function costOf(outcomes: readonly Outcome[]): bigint {
  return outcomes.reduce((sum, { cost }) => sum + cost, 0n);
}

/** How many outcomes have each status. */
export function statuses(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Prints what was seen, for whoever reads the log of a run. */
export function figures(what: string, seen: Record<string, unknown>): void {
  const text = JSON.stringify(seen, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  process.stdout.write(`figures of ${what}: ${text}\n`);
}
