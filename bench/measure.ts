import { runAborts } from './aborts.ts';
import { monotonicMs } from './clock.ts';
import { Connection, encodeChat } from './connection.ts';
import type { StreamRequest, Target } from './connection.ts';
import type { Peer, Services } from './peers.ts';
import { cpuMs, memoryMb } from './process-tree.ts';
import type { Sample } from './sample.ts';
import { findFreePort } from './site.ts';
import type { Helper, Site } from './site.ts';
import { percentile } from './statistics.ts';
import { runBurst } from './streams.ts';
import type { Burst } from './streams.ts';
import { loopRequests, measureThroughput } from './throughput.ts';

/** How long and how often each measure runs. */
export type Plan = { warmUpS: number; loadS: number; serialS: number; bursts: number; aborts: number };

/** The plans of a real run and of `--quick`. */
export const plans: { full: Plan; quick: Plan } = {
  full: { warmUpS: 8, loadS: 6, serialS: 3, bursts: 4, aborts: 20 },
  quick: { warmUpS: 1, loadS: 2, serialS: 1, bursts: 1, aborts: 5 },
};

/** The running mock, and what starts and stops peers around it. */
export type Bench = { site: Site; mock: Helper; nodeFlags: string[]; services: Services | undefined };

/** A peer that has answered once. */
export type Started = { target: Target; pid: number; startS: number | undefined; stop: () => Promise<void> };

const connections = 64;
const few = 32;
const many = 256;
const shape: StreamRequest = { chunks: 64, delayMs: 10 };
const startDeadlineMs = 120_000;
const settleMs = 1_000;
const burstsAtMostMs = 15_000;

/** Starts a peer, takes every measure from it in one order, and stops it; the aborts come last, since a peer may leave streams behind. */
export async function measurePeer(bench: Bench, peer: Peer, plan: Plan): Promise<Sample> {
  const { target, pid, startS, stop } = await startPeer(bench, peer);
  try {
    await sleep(settleMs);
    const idleMb = memoryMb(pid);
    await measureThroughput(target, connections, plan.warmUpS);
    await runBurst(target, few, { chunks: 16, delayMs: 10 });
    return {
      startS,
      idleMb,
      ...(await measureSerial(target, plan)),
      ...(await measureLoad(target, pid, plan)),
      ...(await measureFewStreams(target, plan)),
      ...(await measureManyStreams(target, pid, plan)),
      loadedMb: memoryMb(pid),
      ...(await measureAborts(target, bench, plan)),
    };
  } finally {
    await stop();
  }
}

/** Starts a peer and waits for its first 200; throws with the end of its stderr when there is none. */
export async function startPeer(bench: Bench, peer: Peer): Promise<Started> {
  const { site, mock, nodeFlags, services } = bench;
  const headers = peer.headers?.(mock.port) ?? {};
  if (peer.launch === undefined) {
    return { target: { port: mock.port, headers }, pid: mock.pid, startS: undefined, stop: async () => {} };
  }
  const port = await findFreePort();
  const launch = peer.launch({ port, mockPort: mock.port, folder: site.folder, nodeFlags, services });
  const startedAt = monotonicMs();
  const running = site.startPeer(launch);
  const target = { port, headers };
  while (!(await answers(target))) {
    if (running.hasEnded() || monotonicMs() - startedAt > startDeadlineMs) {
      await running.stop();
      throw new Error(`${peer.name} did not answer 200: ${running.errors()}`);
    }
    await sleep(5);
  }
  return { target, pid: running.pid, startS: (monotonicMs() - startedAt) / 1000, stop: running.stop };
}

async function answers(target: Target): Promise<boolean> {
  const connection = new Connection(target);
  const status = await connection.exchange(encodeChat(target)).catch(() => 0);
  connection.destroy();
  return status === 200;
}

async function measureSerial(target: Target, plan: Plan): Promise<Sample> {
  const serial = await loopRequests(target, 1, plan.serialS);
  return { serialP50Ms: serial.p50Ms, serialP99Ms: serial.p99Ms };
}

async function measureLoad(target: Target, pid: number, plan: Plan): Promise<Sample> {
  const before = cpuMs(pid);
  const load = await measureThroughput(target, connections, plan.loadS);
  return {
    requestsPerSecond: load.requests / load.seconds,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    cpuUsPerRequest: usEach(cpuMs(pid) - before, load.requests),
    failedRequests: load.failed,
  };
}

async function measureFewStreams(target: Target, plan: Plan): Promise<Sample> {
  const ttftMs = (await repeatBursts(target, few, plan)).flatMap((burst) => burst.ttftMs);
  return { fewTtftP50Ms: percentile(ttftMs, 0.5), fewTtftP99Ms: percentile(ttftMs, 0.99) };
}

async function measureManyStreams(target: Target, pid: number, plan: Plan): Promise<Sample> {
  const before = cpuMs(pid);
  const bursts = await repeatBursts(target, many, plan);
  const chunks = bursts.reduce((sum, burst) => sum + burst.events, 0);
  const ttftMs = bursts.flatMap((burst) => burst.ttftMs);
  return {
    manyComplete: bursts.reduce((sum, burst) => sum + burst.complete, 0),
    manyAsked: bursts.length * many,
    manyTtftP50Ms: percentile(ttftMs, 0.5),
    manyTtftP99Ms: percentile(ttftMs, 0.99),
    manyGapP99Ms: percentile(
      bursts.flatMap((burst) => burst.gapMs),
      0.99,
    ),
    manyWallS: bursts.reduce((sum, burst) => sum + burst.wallMs, 0) / bursts.length / 1000,
    cpuUsPerChunk: usEach(cpuMs(pid) - before, chunks),
  };
}

function usEach(ms: number, count: number): number | undefined {
  return count === 0 ? undefined : (ms * 1000) / count;
}

/** As many bursts as planned, but a slow peer stops after the one that uses up the time. */
async function repeatBursts(target: Target, count: number, plan: Plan): Promise<Burst[]> {
  const bursts: Burst[] = [];
  const deadline = monotonicMs() + burstsAtMostMs;
  while (bursts.length < plan.bursts && monotonicMs() < deadline) bursts.push(await runBurst(target, count, shape));
  return bursts;
}

async function measureAborts(target: Target, bench: Bench, plan: Plan): Promise<Sample> {
  const aborts = await runAborts(target, { port: bench.mock.port, headers: {} }, plan.aborts);
  return {
    abortsLeft: aborts.left,
    abortsSeen: aborts.closeMs.length,
    abortP50Ms: percentile(aborts.closeMs, 0.5),
    abortMaxMs: percentile(aborts.closeMs, 1),
  };
}

/** Resolves after a while. */
async function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
