import { Connection, encodeChat, encodeGet } from './connection.ts';
import type { Target } from './connection.ts';
import { EventCounter } from './event-counter.ts';
import type { MockStats } from './mock-engine.ts';
import { monotonicMs } from './clock.ts';

/** How many clients left within a stream, and for each close that the upstream saw, how long after. */
export type Aborts = { left: number; closeMs: number[] };

const chunksBeforeLeaving = 5;
const waitForCloseMs = 3_000;
const waitForChunksMs = 10_000;

/** Opens `count` long streams one after the other, leaves each after 5 chunks, and asks the mock when it saw the upstream side close. */
export async function runAborts(target: Target, mock: Target, count: number): Promise<Aborts> {
  await ask(mock, '/__reset');
  const leftAt = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const atMs = await leaveStream(target, `a${index}`);
    if (atMs !== undefined) leftAt.set(`a${index}`, atMs);
  }
  const deadline = monotonicMs() + waitForCloseMs;
  let closes: MockStats['aborted'] = [];
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    closes = (JSON.parse(await ask(mock, '/__stats')) as MockStats).aborted;
  } while (closes.length < leftAt.size && monotonicMs() < deadline);
  const closedAt = new Map(closes.map((close) => [close.tag, close.atMs]));
  const closeMs = [...leftAt].map(([tag, atMs]) => (closedAt.get(tag) ?? NaN) - atMs).filter((ms) => !Number.isNaN(ms));
  return { left: leftAt.size, closeMs };
}

/** Resolves with the time of leaving; undefined when the stream gave no chunks. */
async function leaveStream(target: Target, tag: string): Promise<number | undefined> {
  const connection = new Connection(target);
  const counter = new EventCounter();
  let leftAt: number | undefined;
  const request = encodeChat(target, { chunks: 2_000, delayMs: 10, tag });
  const deadline = setTimeout(() => connection.destroy(), waitForChunksMs);
  await connection
    .exchange(request, (piece) => {
      counter.push(piece);
      if (counter.events < chunksBeforeLeaving || leftAt !== undefined) return;
      leftAt = monotonicMs();
      connection.destroy();
    })
    .catch(() => 0);
  clearTimeout(deadline);
  return leftAt;
}

async function ask(mock: Target, path: string): Promise<string> {
  const connection = new Connection(mock);
  const pieces: Buffer[] = [];
  await connection.exchange(encodeGet(mock, path), (piece) => pieces.push(piece));
  connection.destroy();
  return Buffer.concat(pieces).toString();
}
