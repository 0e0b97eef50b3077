import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chatBody, commonHeaders, Connection, encodeChat } from './connection.ts';
import type { Target } from './connection.ts';
import { monotonicMs } from './clock.ts';
import { percentile } from './statistics.ts';

/** What a period of plain requests gave; latencies are undefined when nothing was answered. */
export type Throughput = {
  requests: number;
  failed: number;
  seconds: number;
  p50Ms: number | undefined;
  p99Ms: number | undefined;
};

/** The load generator of `measureThroughput`: `wrk`, or our own where it is not installed. */
export const loadGenerator =
  spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'own raw-socket client (wrk is not installed)';

/** Plain chat requests, as fast as they are answered, on so many connections; by wrk where it is installed. */
export async function measureThroughput(target: Target, connections: number, seconds: number): Promise<Throughput> {
  return loadGenerator === 'wrk' ? runWrk(target, connections, seconds) : loopRequests(target, connections, seconds);
}

/** The same by our own raw-socket client; with one connection it measures latency without a queue. */
export async function loopRequests(target: Target, connections: number, seconds: number): Promise<Throughput> {
  const request = encodeChat(target);
  const latencies: number[] = [];
  let failed = 0;
  const start = monotonicMs();
  const deadline = start + seconds * 1000;

  async function loop(): Promise<void> {
    let connection = new Connection(target);
    while (monotonicMs() < deadline) {
      if (!connection.isOpen) connection = new Connection(target);
      const sentAt = monotonicMs();
      const status = await connection.exchange(request).catch(() => 0);
      if (status === 200) latencies.push(monotonicMs() - sentAt);
      else failed += 1;
    }
    connection.destroy();
  }

  await Promise.all(Array.from({ length: connections }, loop));
  return {
    requests: latencies.length,
    failed,
    seconds: (monotonicMs() - start) / 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

/** The line that wrk.lua prints at the end. */
type WrkReport = { requests: number; failed: number; seconds: number; p50Ms: number; p99Ms: number };

async function runWrk(target: Target, connections: number, seconds: number): Promise<Throughput> {
  const headers = Object.entries({ ...commonHeaders, ...target.headers }).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const url = `http://127.0.0.1:${target.port}/v1/chat/completions`;
  const script = join(import.meta.dirname, 'wrk.lua');
  const load = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', ...headers];
  const child = spawn('wrk', [...load, '-s', script, url, '--', JSON.stringify(chatBody)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const report = /^bench (\{.*\})$/m.exec(output)?.[1];
  if (report === undefined) throw new Error(`wrk gave no report:\n${output}`);
  return JSON.parse(report) as WrkReport;
}
