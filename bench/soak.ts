import { runAborts } from './aborts.ts';
import { monotonicMs } from './clock.ts';
import { startPeer } from './measure.ts';
import type { Bench } from './measure.ts';
import type { Peer } from './peers.ts';
import { memoryMb } from './process-tree.ts';
import { runBurst } from './streams.ts';
import { measureThroughput } from './throughput.ts';

/** A peer's memory under lasting load. */
export type Soak = { peer: string; seconds: number; requests: number; failed: number; memory: { atS: number; mb: number }[] };

const readEveryMs = 10_000;

/** Loads a peer with plain requests on 64 connections, bursts of 32 streams and clients that leave, and reads its memory every 10 s. */
export async function soakPeer(bench: Bench, peer: Peer, seconds: number): Promise<Soak> {
  const { target, pid, stop } = await startPeer(bench, peer);
  const start = monotonicMs();
  const memory = [{ atS: 0, mb: memoryMb(pid) }];
  const over = new AbortController();

  async function stream(): Promise<void> {
    while (!over.signal.aborted) {
      await runBurst(target, 32, { chunks: 64, delayMs: 10 });
      await runAborts(target, { port: bench.mock.port, headers: {} }, 1);
    }
  }

  const timer = setInterval(() => memory.push({ atS: (monotonicMs() - start) / 1000, mb: memoryMb(pid) }), readEveryMs);
  try {
    const streams = stream();
    const { requests, failed } = await measureThroughput(target, 64, seconds);
    over.abort();
    await streams;
    return { peer: peer.name, seconds, requests, failed, memory };
  } finally {
    over.abort();
    clearInterval(timer);
    await stop();
  }
}
