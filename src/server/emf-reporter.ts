import { EmfMetrics, type EmfGauges, type EmfSettings } from '../telemetry/emf.ts';
import type { OwnedLogger } from '../telemetry/log.ts';
import type { FinishedRequest } from '../telemetry/record.ts';

interface EmfReporterInput {
  /** null: CloudWatch is told nothing. */
  settings: () => EmfSettings | null;
  gauges: () => EmfGauges;
  logger: Pick<OwnedLogger, 'line'>;
  /** How long the process runs. */
  uptimeMs: () => number;
  /** Unix milliseconds. */
  wallNow: () => number;
}

const everyMs = 10_000;

/** Writes figures for CloudWatch into the log every 10 s, and at the end. */
export class EmfReporter {
  readonly #input: EmfReporterInput;
  readonly #metrics: EmfMetrics;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: EmfReporterInput) {
    this.#input = input;
    this.#metrics = new EmfMetrics(input.uptimeMs);
  }

  start(): void {
    this.#timer = setInterval(() => this.flush(), everyMs).unref();
  }

  observe(request: FinishedRequest): void {
    if (this.#input.settings() !== null) this.#metrics.observe(request);
  }

  /** An engine can serve. */
  engineReady(): void {
    this.#metrics.engineReady();
  }

  flush(): void {
    const { settings, gauges, logger, wallNow } = this.#input;
    const now = settings();
    if (now === null) return;
    for (const line of this.#metrics.take(now, gauges(), wallNow())) logger.line(line);
  }

  /** Writes what is left. Once: what was never started has nothing to say. */
  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.flush();
  }
}
