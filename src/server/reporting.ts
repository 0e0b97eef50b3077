import type { Config } from '../config/schema.ts';
import type { ModelTable } from '../core/model-table.ts';
import { accessLine } from '../telemetry/access-line.ts';
import type { OwnedLogger } from '../telemetry/log.ts';
import type { MetricsSource } from '../telemetry/metrics.ts';
import type { FinishedRequest } from '../telemetry/record.ts';
import { EmfReporter } from './emf-reporter.ts';
import { backendStates } from './health-answer.ts';
import { LateMetrics } from './late-metrics.ts';

interface ReportingInput {
  config: () => Config;
  models: () => ModelTable;
  logger: OwnedLogger;
  /** Requests that wait, in the gateway and in engines. */
  queueLength: () => number;
  /** What Prometheus reads besides backends. */
  source: Omit<MetricsSource, 'backends'>;
}

/** Everything that is told of finished requests: the log, Prometheus and CloudWatch, all from the same record. */
export class Reporting {
  readonly #logger: OwnedLogger;
  readonly #metrics: LateMetrics;
  readonly #emf: EmfReporter;

  constructor({ config, models, logger, queueLength, source }: ReportingInput) {
    this.#logger = logger;
    this.#metrics = new LateMetrics({ ...source, backends: () => backendStates(models()) });
    this.#emf = new EmfReporter({
      settings: () => config().metrics.emf ?? null,
      gauges: () => ({
        queueDepth: queueLength(),
        inFlight: source.inFlight(),
        isEngineReady: backendStates(models()).some(({ isUp }) => isUp === true),
      }),
      logger,
      // Counted from the start of the process.
      uptimeMs: () => performance.now(),
      wallNow: Date.now,
    });
  }

  record(request: FinishedRequest): void {
    this.#metrics.observe(request);
    this.#emf.observe(request);
    this.#logger.request(accessLine(request));
  }

  /** A backend can serve. */
  backendIsUp(): void {
    this.#emf.engineReady();
  }

  /** Once the gateway listens. */
  async start(): Promise<void> {
    this.#emf.start();
    await this.#metrics.load();
  }

  /** The text that Prometheus scrapes. */
  render(): Promise<{ contentType: string; text: string }> {
    return this.#metrics.render();
  }

  /** Tells what is left. */
  close(): void {
    this.#emf.close();
  }
}
