import type { Metrics, MetricsSource } from '../telemetry/metrics.ts';
import type { FinishedRequest } from '../telemetry/record.ts';

/** Metrics that count from the first request, though their client is loaded later: that takes longer than the rest of the gateway needs to listen. */
export class LateMetrics {
  readonly #source: MetricsSource;
  #metrics: Metrics | null = null;
  /** Requests that ended before it was loaded. */
  #unmeasured: FinishedRequest[] = [];

  constructor(source: MetricsSource) {
    this.#source = source;
  }

  observe(request: FinishedRequest): void {
    if (this.#metrics === null) this.#unmeasured.push(request);
    else this.#metrics.observe(request);
  }

  async load(): Promise<Metrics> {
    const { Metrics } = await import('../telemetry/metrics.ts');
    if (this.#metrics !== null) return this.#metrics;
    this.#metrics = new Metrics(this.#source);
    for (const request of this.#unmeasured.splice(0)) this.#metrics.observe(request);
    return this.#metrics;
  }

  /** The text that Prometheus scrapes. */
  async render(): Promise<{ contentType: string; text: string }> {
    return (this.#metrics ?? (await this.load())).render();
  }
}
