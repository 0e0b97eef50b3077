import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BackendQueue, type LoadLimits, type Slot } from './backend-queue.ts';
import type { Client } from './client.ts';

/** A client that can leave. */
class Leaver implements Client {
  requestId = 'r';
  isGone = false;
  listener: (() => void) | null = null;
  onGone(listener: (() => void) | null): void {
    this.listener = listener;
  }
  leave(): void {
    this.isGone = true;
    this.listener?.();
  }
  startStream = () => undefined;
  write = () => true;
  onDrain = () => undefined;
  end = () => undefined;
  destroy = () => undefined;
}

let nowMs: number;
beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const queueOf = (limits: LoadLimits) => new BackendQueue(limits, () => nowMs);
const enter = (queue: BackendQueue, client = new Leaver(), timeoutMs = 1_000) => queue.enter({ client, model: 'm', timeoutMs });

describe('the queue of a backend', () => {
  test('lets in at once while there is room, then one for each that leaves, in order', async () => {
    const queue = queueOf({ maxInFlight: 2, maxQueue: null });
    const [first, second] = [enter(queue) as Slot, enter(queue) as Slot];
    expect([first, second].every((slot) => !(slot instanceof Promise))).toBe(true);
    expect(queue.isBusy).toBe(true);
    const order: number[] = [];
    const waiting = [0, 1, 2].map((number) => Promise.resolve(enter(queue)).then((slot) => (order.push(number), slot!)));
    expect(queue.waiting).toBe(3);
    first.leave(true);
    (await waiting[0]!).leave(true);
    second.leave(true);
    await Promise.all(waiting);
    expect([order, queue.waiting]).toEqual([[0, 1, 2], 0]);
  });

  test('refuses beyond its length, and says when there may be room', () => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: 1 });
    const slot = enter(queue) as Slot;
    nowMs = 5_000;
    slot.leave(true);
    void enter(queue);
    void enter(queue);
    expect(() => enter(queue)).toThrow(
      expect.objectContaining({
        code: 'service_unavailable',
        message: 'the queue of model "m" is full (1 waiting); try again later',
        retryAfterMs: 10_000,
      }),
    );
  });

  test.each([
    [10, 1_000],
    [10_000_000, 60_000],
  ])('asks for nothing but 1 to 60 s (served in %i ms)', (heldMs, retryAfterMs) => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: 0 });
    const slot = enter(queue) as Slot;
    nowMs = heldMs;
    slot.leave(true);
    void enter(queue);
    expect(() => enter(queue)).toThrow(expect.objectContaining({ retryAfterMs }));
  });

  test('does not count those who left early for its service time', () => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: 0 });
    const slot = enter(queue) as Slot;
    nowMs = 50_000;
    slot.leave(false);
    void enter(queue);
    expect(() => enter(queue)).toThrow(expect.objectContaining({ retryAfterMs: 1_000 }));
  });

  test('is left by a client that goes away, who takes nobody’s place', async () => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: null });
    const slot = enter(queue) as Slot;
    const client = new Leaver();
    const [gone, next] = [enter(queue, client), enter(queue)];
    client.leave();
    expect(await gone).toBeNull();
    expect(queue.waiting).toBe(1);
    slot.leave(true);
    expect(await next).not.toBeNull();
    const late = new Leaver();
    late.leave();
    expect(await enter(queue, late)).toBeNull();
    expect(queue.waiting).toBe(0);
  });

  test('is left when the deadline passes', async () => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: null });
    void enter(queue);
    const refused = expect(enter(queue, new Leaver(), 300)).rejects.toMatchObject({ code: 'gateway_timeout' });
    await vi.advanceTimersByTimeAsync(300);
    await refused;
    expect(queue.waiting).toBe(0);
  });

  test('lets in those who wait when it is given more room', async () => {
    const queue = queueOf({ maxInFlight: 1, maxQueue: null });
    void enter(queue);
    const waiting = enter(queue);
    queue.configure({ maxInFlight: 2, maxQueue: null });
    expect(await waiting).not.toBeNull();
  });
});

test('law: never more than maxInFlight hold a place, and nobody waits while there is room', async () => {
  const steps = fc.array(fc.constantFrom('enter', 'leave', 'goneAway', 'shrink', 'grow'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (moves) => {
      let max = 2;
      const queue = queueOf({ maxInFlight: max, maxQueue: null });
      const held: Slot[] = [];
      const clients: Leaver[] = [];
      for (const move of moves) {
        if (move === 'enter') {
          const client = new Leaver();
          clients.push(client);
          void Promise.resolve(enter(queue, client)).then((slot) => slot !== null && held.push(slot));
        } else if (move === 'leave') held.shift()?.leave(true);
        else if (move === 'goneAway') clients.shift()?.leave();
        else queue.configure({ maxInFlight: (max = move === 'grow' ? max + 1 : Math.max(1, max - 1)), maxQueue: null });
        await Promise.resolve();
        await Promise.resolve();
        expect(queue.waiting > 0 ? queue.isBusy : true).toBe(true);
      }
      while (held.length > 0) {
        held.shift()!.leave(true);
        await Promise.resolve();
        await Promise.resolve();
      }
      expect(queue.waiting).toBe(0);
    }),
  );
});
