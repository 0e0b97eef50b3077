import type { DownloadProgress } from '../engine.ts';

/** Emits progress at most this often. */
const intervalMs = 250;
/** The rate is that of about the last this many milliseconds. */
const windowMs = 5_000;

interface MeterOptions {
  model: string;
  source: string;
  totalBytes: number | null;
  /** Bytes that were there before; they do not count into the rate. */
  startBytes: number;
  now(): number;
  emit(progress: DownloadProgress): void;
}

/** Turns "so many bytes are here" into throttled progress with a rate. The first and the last report are always emitted. */
export class ProgressMeter {
  readonly #options: MeterOptions;
  readonly #samples: { atMs: number; bytes: number }[];
  #emittedAtMs: number;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#emittedAtMs = options.now();
    this.#samples = [{ atMs: this.#emittedAtMs, bytes: options.startBytes }];
    this.#emit(options.startBytes);
  }

  /** Reports the bytes received so far, all in all. */
  report(receivedBytes: number): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#emittedAtMs < intervalMs) return;
    this.#sample(nowMs, receivedBytes);
    this.#emit(receivedBytes);
  }

  /** Reports the end, whenever it comes. */
  finish(receivedBytes: number): void {
    this.#sample(this.#options.now(), receivedBytes);
    this.#emit(receivedBytes);
  }

  #sample(nowMs: number, bytes: number): void {
    this.#emittedAtMs = nowMs;
    this.#samples.push({ atMs: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= windowMs) this.#samples.shift();
  }

  #emit(receivedBytes: number): void {
    const { model, source, totalBytes, emit } = this.#options;
    emit({ model, source, receivedBytes, totalBytes, bytesPerSecond: this.#rate() });
  }

  #rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return Math.max(0, Math.round(((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)));
  }
}
