import { describe, expect, it, vi } from 'vitest';
import { Pool } from './pool.ts';

const never = new AbortController().signal;

/** Takes an item until `release` is called. */
function hold(
  pool: Pool<string>,
  signal = never,
  isAdmitted = false,
): { item: Promise<string>; done: Promise<void>; release: () => void } {
  const started = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  const done = pool.use({ signal, isAdmitted }, async (item) => {
    started.resolve(item);
    await ended.promise;
  });
  done.catch(started.reject);
  started.promise.catch(() => {});
  return { item: started.promise, done, release: ended.resolve };
}

describe('Pool', () => {
  it('serves those who wait in the order they came', async () => {
    const pool = new Pool(['a'], 2, () => {});
    const [first, second, third] = [hold(pool), hold(pool), hold(pool)];
    await first.item;
    expect([pool.running, pool.waiting]).toEqual([1, 2]);
    first.release();
    expect(await second.item).toBe('a');
    expect([pool.running, pool.waiting]).toEqual([1, 1]);
    second.release();
    await third.item;
    third.release();
    await third.done;
    expect([pool.running, pool.waiting]).toEqual([0, 0]);
  });

  it('refuses when the queue is full, with a time to come back', async () => {
    const pool = new Pool(['a'], 1, () => {});
    hold(pool);
    hold(pool);
    const error: unknown = await hold(pool).done.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'service_unavailable', retryAfterMs: expect.any(Number) as number });
    hold(pool, never, true);
    expect(pool.waiting).toBe(2);
  });

  it('forgets who leaves the queue', async () => {
    const pool = new Pool(['a'], 2, () => {});
    const first = hold(pool);
    const gone = new AbortController();
    const second = hold(pool, gone.signal);
    const third = hold(pool);
    await first.item;
    gone.abort(new Error('left'));
    await expect(second.done).rejects.toThrow('left');
    expect(pool.waiting).toBe(1);
    first.release();
    expect(await third.item).toBe('a');
  });

  it('gives an item back when the work fails', async () => {
    const onChange = vi.fn();
    const pool = new Pool(['a'], 0, onChange);
    await expect(pool.use({ signal: never }, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(pool.running).toBe(0);
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it('takes the item that the caller chooses', async () => {
    const pool = new Pool(['a', 'b', 'c'], 0, () => {});
    expect(await pool.use({ signal: never, choose: (idle) => idle.at(-1) }, (item) => Promise.resolve(item))).toBe('c');
  });
});
