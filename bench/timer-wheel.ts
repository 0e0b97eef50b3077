import { monotonicMs } from './clock.ts';

type Task = { dueMs: number; periodMs: number; run: () => boolean };

const slotCount = 256;

/** Runs many periodic tasks from one 1 ms timer, which runs only while there are tasks: hundreds of paced streams cost one timer. */
export class TimerWheel {
  #slots: Task[][] = Array.from({ length: slotCount }, () => []);
  #count = 0;
  #lastTick = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `run` every `periodMs` (the first time after one period, late calls are not skipped) until it answers false. */
  every(periodMs: number, run: () => boolean): void {
    const nowMs = monotonicMs();
    if (this.#timer === undefined) {
      this.#lastTick = Math.floor(nowMs);
      this.#timer = setInterval(() => this.#turn(), 1);
    }
    this.#count += 1;
    this.#insert({ dueMs: nowMs + periodMs, periodMs, run });
  }

  #insert(task: Task): void {
    const tick = Math.max(Math.ceil(task.dueMs), this.#lastTick + 1);
    this.#slots[tick % slotCount]?.push(task);
  }

  #turn(): void {
    const now = Math.floor(monotonicMs());
    const behind = Math.min(now - this.#lastTick, slotCount);
    for (let tick = now - behind + 1; tick <= now; tick += 1) {
      this.#lastTick = tick;
      this.#runSlot(tick, now);
    }
    if (this.#count === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #runSlot(tick: number, now: number): void {
    const tasks = this.#slots[tick % slotCount] ?? [];
    if (tasks.length === 0) return;
    this.#slots[tick % slotCount] = [];
    for (const task of tasks) {
      if (task.dueMs > now) this.#slots[tick % slotCount]?.push(task);
      else if (task.run()) this.#insert({ ...task, dueMs: task.dueMs + task.periodMs });
      else this.#count -= 1;
    }
  }
}
