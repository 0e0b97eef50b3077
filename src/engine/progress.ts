import type { DownloadProgress } from './engine.ts';

const barWidth = 24;
/** Between two lines where no terminal can rewrite one. */
const plainIntervalMs = 3_000;

/** Bytes for people, in decimal units: `93.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A duration for people, to the second: `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The share that has arrived, from 0 to 1; null where the total is not known. */
function shareOf({ receivedBytes, totalBytes }: DownloadProgress): number | null {
  return totalBytes === null || totalBytes === 0 ? null : Math.min(1, receivedBytes / totalBytes);
}

/** Rate and time left, as far as they are known: ` · 12.0 MB/s · 3 s left`. */
function formatPace({ receivedBytes, totalBytes, bytesPerSecond }: DownloadProgress): string {
  if (bytesPerSecond <= 0) return '';
  const rate = ` · ${formatBytes(bytesPerSecond)}/s`;
  return totalBytes === null || receivedBytes >= totalBytes
    ? rate
    : `${rate} · ${formatSeconds((totalBytes - receivedBytes) / bytesPerSecond)} left`;
}

/** Progress as one sentence without a bar, for logs. */
export function formatPlain(progress: DownloadProgress): string {
  const share = shareOf(progress);
  const total = progress.totalBytes === null ? '' : ` of ${formatBytes(progress.totalBytes)}`;
  const percent = share === null ? '' : ` (${Math.floor(share * 100)} %)`;
  return `${progress.model} from ${progress.source}: ${formatBytes(progress.receivedBytes)}${total}${percent}${formatPace(progress)}`;
}

/** Progress as one line of at most `columns` characters, with a bar where the total is known. */
export function formatLine(progress: DownloadProgress, columns: number): string {
  const share = shareOf(progress);
  const filled = Math.round((share ?? 0) * barWidth);
  const bar =
    share === null
      ? ''
      : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(Math.floor(share * 100)).padStart(3)} % `;
  const total = progress.totalBytes === null ? '' : ` / ${formatBytes(progress.totalBytes)}`;
  const line = `${progress.model} ${bar}${formatBytes(progress.receivedBytes)}${total}${formatPace(progress)}`;
  return line.slice(0, Math.max(0, columns - 1));
}

/** Where progress is written: the part of a terminal or a pipe that is used. */
export interface ProgressOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Shows downloads as they go: one rewritten line on a terminal, elsewhere a line at the start, every few seconds, and at the end. */
export class ProgressPrinter {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #last: DownloadProgress | null = null;
  #printedAtMs = Number.NEGATIVE_INFINITY;

  constructor(output: ProgressOutput, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  /** Shows where the download is. A new source starts a new line. */
  update(progress: DownloadProgress): void {
    if (this.#last !== null && this.#last.source !== progress.source) this.finish();
    this.#last = progress;
    if (this.#output.isTTY === true) {
      this.#output.write(`\r\u001b[2K${formatLine(progress, this.#output.columns || 80)}`);
    } else if (this.#now() - this.#printedAtMs >= plainIntervalMs) {
      this.#printedAtMs = this.#now();
      this.#output.write(`${formatPlain(progress)}\n`);
    }
  }

  /** Ends the line, showing the last state if it has not been shown. Without a download before it this does nothing. */
  finish(): void {
    if (this.#last === null) return;
    this.#output.write(this.#output.isTTY === true ? '\n' : `${formatPlain(this.#last)}\n`);
    this.#last = null;
    this.#printedAtMs = Number.NEGATIVE_INFINITY;
  }
}
