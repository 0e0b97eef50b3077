import { Connection, encodeChat } from './connection.ts';
import type { StreamRequest, Target } from './connection.ts';
import { EventCounter } from './event-counter.ts';
import { monotonicMs } from './clock.ts';

/** A burst of streams: a stream is complete when it carried every chunk and `[DONE]`. Gaps lie between reads that brought events. */
export type Burst = { complete: number; events: number; ttftMs: number[]; gapMs: number[]; wallMs: number };

const deadlineMs = 60_000;

/** Opens `count` streams at once, each on a connection of its own, and reads them to the end or the deadline. */
export async function runBurst(target: Target, count: number, shape: StreamRequest): Promise<Burst> {
  const request = encodeChat(target, shape);
  const burst: Burst = { complete: 0, events: 0, ttftMs: [], gapMs: [], wallMs: 0 };
  const start = monotonicMs();
  await Promise.all(Array.from({ length: count }, async () => readStream(new Connection(target), request, shape, burst)));
  burst.wallMs = monotonicMs() - start;
  return burst;
}

async function readStream(connection: Connection, request: Buffer, shape: StreamRequest, burst: Burst): Promise<void> {
  const counter = new EventCounter();
  let lastAt = monotonicMs();
  const deadline = setTimeout(() => connection.destroy(), deadlineMs);
  const status = await connection
    .exchange(request, (piece) => {
      const before = counter.events;
      counter.push(piece);
      if (counter.events === before) return;
      const now = monotonicMs();
      (before === 0 ? burst.ttftMs : burst.gapMs).push(now - lastAt);
      lastAt = now;
    })
    .catch(() => 0);
  clearTimeout(deadline);
  connection.destroy();
  burst.events += counter.events;
  if (status === 200 && counter.isDone && counter.events >= shape.chunks) burst.complete += 1;
}
