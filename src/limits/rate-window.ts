import type { Counter } from './counter.ts';
import type { RateLimit } from './limiter.ts';

const windowSeconds = 60;

/**
 * Amounts by the second in which they were charged. A second counts in full until 60 more have passed, so no 60 s ever hold more than was
 * admitted here, and what is left over is forgotten at most one second late.
 *
 * A ring of the seconds that hold something: 2 at first, 64 at most. A clock that steps back by up to a minute stands still; one
 * that steps back further starts the window anew.
 */
export class RateWindow implements Counter {
  used = 0;
  /** Pairs of second and amount; the length is a power of two. */
  private slots: number[] = [0, 0, 0, 0];
  private first = 0;
  private count = 0;
  private newestSecond = -Infinity;

  waitMs(limit: RateLimit, amount: number, nowMs: number): number {
    this.advance(nowMs);
    const excess = this.used + amount - limit.max;
    if (excess <= 0 && limit.max > 0) return 0;
    return amount > limit.max || limit.max <= 0 ? Infinity : this.leavesAtMs(excess) - nowMs;
  }

  hold(_limit: RateLimit, amount: number, nowMs: number): void {
    this.advance(nowMs);
    this.used += amount;
    const last = this.place(this.count - 1);
    if (this.count > 0 && this.at(last) === this.newestSecond) {
      this.slots[last + 1] = this.at(last + 1) + amount;
      return;
    }
    if (this.count * 2 === this.slots.length) this.grow();
    const free = this.place(this.count);
    this.slots[free] = this.newestSecond;
    this.slots[free + 1] = amount;
    this.count += 1;
  }

  letGo(): void {}

  holdAgain(): void {}

  settle(limit: RateLimit, estimate: number, used: number, atMs: number): void {
    if (limit.kind === 'requests' || estimate === used) return;
    const second = Math.floor(atMs / 1000);
    for (let index = this.count - 1; index >= 0; index -= 1) {
      const slot = this.place(index);
      if (this.at(slot) > second) continue;
      if (this.at(slot) < second) return;
      const amount = Math.max(0, this.at(slot + 1) + used - estimate);
      this.used += amount - this.at(slot + 1);
      this.slots[slot + 1] = amount;
      return;
    }
  }

  /** Drops the seconds that no longer count. */
  private advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.newestSecond) return;
    if (second < this.newestSecond) {
      if (this.newestSecond - second <= windowSeconds) return;
      this.count = 0;
      this.used = 0;
    }
    this.newestSecond = second;
    while (this.count > 0 && this.at(this.place(0)) < second - windowSeconds) {
      this.used -= this.at(this.place(0) + 1);
      this.first = (this.first + 2) & (this.slots.length - 1);
      this.count -= 1;
    }
  }

  /** When enough of the oldest seconds have left to make room for `excess`. */
  private leavesAtMs(excess: number): number {
    let missing = excess;
    for (let index = 0; index < this.count; index += 1) {
      const slot = this.place(index);
      missing -= this.at(slot + 1);
      if (missing <= 0) return (this.at(slot) + windowSeconds + 1) * 1000;
    }
    return Infinity;
  }

  private place(index: number): number {
    return (this.first + 2 * index) & (this.slots.length - 1);
  }

  private at(slot: number): number {
    return this.slots[slot] ?? 0;
  }

  private grow(): void {
    this.slots = [...this.slots.slice(this.first), ...this.slots.slice(0, this.first), ...this.slots.map(() => 0)];
    this.first = 0;
  }
}
