import { busyRetryMs, type Counter } from './counter.ts';
import type { ParallelLimit } from './limiter.ts';

/** Requests that run now. */
export class SlotCounter implements Counter {
  used = 0;

  waitMs(limit: ParallelLimit): number {
    if (this.used < limit.max) return 0;
    return limit.max <= 0 ? Infinity : busyRetryMs;
  }

  hold(): void {
    this.used += 1;
  }

  letGo(): void {
    this.used -= 1;
  }

  holdAgain(): void {
    this.used += 1;
  }

  settle(): void {}
}
