import type { Limit } from './limiter.ts';

/** What is suggested where only other requests' ends make room, and nobody knows when they end. */
export const busyRetryMs = 1000;

/** One counter of the in-process limiter. Amounts are requests, tokens, slots or nano-dollars. */
export interface Counter {
  /** In use, as of the last `waitMs`. */
  readonly used: number;
  /** 0: the amount fits now; Infinity: time alone will never make room. Drops what has grown too old. */
  waitMs(limit: Limit, amount: number, nowMs: number): number;
  /** Charges what fits. */
  hold(limit: Limit, amount: number, nowMs: number): void;
  /** A lease ended or expired: frees a slot or reserved money. What was charged for a minute stays. */
  letGo(limit: Limit, amount: number): void;
  /** An expired lease is renewed after all. */
  holdAgain(limit: Limit, amount: number): void;
  /** Replaces an estimate that was charged at `atMs` by what was used. Leases are let go of apart from it. */
  settle(limit: Limit, estimate: number, used: number, atMs: number): void;
}
