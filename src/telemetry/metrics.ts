import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import { Histogram, type Series } from './histogram.ts';
import type { FinishedRequest, GuardSummary, InferenceRecord } from './record.ts';
import type { Operation } from '../providers/provider.ts';
import { catalogue } from '../errors.ts';

/** What a scrape reads at the moment it comes. */
export interface MetricsSource {
  inFlight: () => number;
  waiting: () => number;
  /** `queued`: requests that wait for a place there; null: their number is not bounded. */
  backends: () => { model: string; backend: string; provider: string; isUp: boolean | null; queued: number | null }[];
  /** null: no database is used. */
  isDatabaseUp: () => boolean | null;
  /** Whether limits are counted in this process because the shared counters are away. */
  areLimitsDegraded: () => boolean;
  /** Rows of spend that wait to be written, and those that were given up since the start; null: there is no ledger. */
  ledger: () => { pendingRows: number; droppedRows: number } | null;
}

/** Boundaries of the OpenTelemetry GenAI conventions (1.37), in seconds and in tokens. */
const durationBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const firstTokenBuckets = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60];
const perTokenBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const tokenBuckets = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const overheadBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1];

const operationNames: Record<Operation, string> = { chat: 'chat', completions: 'text_completion', embeddings: 'embeddings' };
const genAiLabels = ['gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_response_model', 'gen_ai_provider_name'] as const;

type Labels = Record<(typeof genAiLabels)[number], string>;

/** The series that one kind of request counts in. */
interface RequestSeries {
  duration: Series;
  firstToken: Series;
  perToken: Series;
  inputTokens: Series;
  outputTokens: Series;
  overhead: Series;
}

/**
 * The process's metrics. Names are OpenTelemetry's `gen_ai.*` in Prometheus' spelling; what the conventions have no name for begins with
 * `sluice_`. A model label is always a configured name, so that clients cannot fill the memory with names of their own.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #duration = new Histogram({
    name: 'gen_ai_server_request_duration_seconds',
    help: 'Time to the end of the answer',
    labels: [...genAiLabels, 'error_type'],
    boundaries: durationBuckets,
  });
  readonly #firstToken = new Histogram({
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'Time to the first bytes of a stream',
    labels: genAiLabels,
    boundaries: firstTokenBuckets,
  });
  readonly #perToken = new Histogram({
    name: 'gen_ai_server_time_per_output_token_seconds',
    help: 'Time per token after the first one',
    labels: genAiLabels,
    boundaries: perTokenBuckets,
  });
  readonly #tokens = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens of a request',
    labels: [...genAiLabels, 'gen_ai_token_type'],
    boundaries: tokenBuckets,
  });
  readonly #overhead = new Histogram({
    name: 'sluice_overhead_seconds',
    help: 'The gateway’s own part of the time of a request',
    labels: ['gen_ai_operation_name'],
    boundaries: overheadBuckets,
  });
  /** By everything that is a label; there are as many kinds as configured models times ways to fail. */
  readonly #kinds = new Map<string, RequestSeries>();
  /** Requests by `status route` since the last scrape: adding up here costs a fraction of the library's counter, and every request does it. */
  readonly #pending = new Map<string, number>();
  /** Nano-dollars by model, and refused requests by kind of limit, since the last scrape. */
  readonly #pendingSpend = new Map<string, number>();
  readonly #pendingRefused = new Map<string, number>();
  readonly #errors = new Counter({
    name: 'sluice_errors_total',
    help: 'Failed requests by error code',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #aborts = new Counter({
    name: 'sluice_client_aborts_total',
    help: 'Clients that left before their answer was complete',
    registers: [this.#registry],
  });
  readonly #retries = new Counter({
    name: 'sluice_upstream_retries_total',
    help: 'Requests sent upstream again after one that failed, by the backend that was tried last',
    labelNames: ['backend'],
    registers: [this.#registry],
  });

  readonly #guardrailFindings = new Counter({
    name: 'sluice_guardrail_findings_total',
    help: 'Values that guardrails found, by what was done about them',
    labelNames: ['guardrail', 'kind', 'action', 'direction'],
    registers: [this.#registry],
  });
  readonly #guardrailFailures = new Counter({
    name: 'sluice_guardrail_failures_total',
    help: 'Failures of guardrails that let the request pass (onError: open)',
    labelNames: ['guardrail'],
    registers: [this.#registry],
  });

  constructor(source: MetricsSource) {
    collectDefaultMetrics({ register: this.#registry });
    for (const code of Object.keys(catalogue)) this.#errors.inc({ code }, 0);
    for (const metric of [...gauges(source), ...serviceMetrics(source)]) this.#registry.registerMetric(metric);
    for (const metric of [this.#requests(), this.#spend(), this.#refused()]) this.#registry.registerMetric(metric);
  }

  observe({ route, status, durationMs, errorCode, inference }: FinishedRequest): void {
    const key = `${status} ${route ?? 'none'}`;
    this.#pending.set(key, (this.#pending.get(key) ?? 0) + 1);
    const code = inference?.errorCode ?? errorCode;
    if (code !== null) this.#errors.inc({ code });
    if (inference === null) return;
    const { costNanoUsd, responseModel, refusedBy } = inference;
    if (costNanoUsd !== null && costNanoUsd > 0) add(this.#pendingSpend, responseModel ?? 'unknown', costNanoUsd);
    if (refusedBy !== null) add(this.#pendingRefused, refusedBy, 1);
    const series = this.#seriesOf(inference);
    series.duration.observe(durationMs / 1000);
    if (inference.overheadMs !== null) series.overhead.observe(inference.overheadMs / 1000);
    observeTokens(series, inference, durationMs);
    if (inference.isClientGone) this.#aborts.inc();
    if (inference.guard !== null) this.#observeGuard(inference.guard);
    if (inference.backend !== null && inference.attempts > 1)
      this.#retries.inc({ backend: inference.backend }, inference.attempts - 1);
  }

  #observeGuard({ findings, failures }: GuardSummary): void {
    for (const { count, ...labels } of findings) this.#guardrailFindings.inc(labels, count);
    for (const [guardrail, count] of failures) this.#guardrailFailures.inc({ guardrail }, count);
  }

  #seriesOf({ operation, requestModel, responseModel, provider, errorCode }: InferenceRecord): RequestSeries {
    const key = `${operation} ${requestModel} ${responseModel} ${provider} ${errorCode}`;
    let series = this.#kinds.get(key);
    if (series === undefined) {
      const labels: Labels = {
        gen_ai_operation_name: operationNames[operation],
        gen_ai_request_model: requestModel ?? 'unknown',
        gen_ai_response_model: responseModel ?? 'unknown',
        gen_ai_provider_name: provider ?? 'none',
      };
      series = {
        duration: this.#duration.series({ ...labels, error_type: errorCode ?? '' }),
        firstToken: this.#firstToken.series(labels),
        perToken: this.#perToken.series(labels),
        inputTokens: this.#tokens.series({ ...labels, gen_ai_token_type: 'input' }),
        outputTokens: this.#tokens.series({ ...labels, gen_ai_token_type: 'output' }),
        overhead: this.#overhead.series(labels),
      };
      this.#kinds.set(key, series);
    }
    return series;
  }

  #requests(): Counter {
    const pending = this.#pending;
    return new Counter({
      name: 'sluice_requests_total',
      help: 'Finished requests',
      labelNames: ['route', 'status'],
      registers: [],
      collect() {
        for (const [key, count] of pending) {
          const [status = '', route = ''] = key.split(' ');
          this.inc({ route, status }, count);
        }
        pending.clear();
      },
    });
  }

  #spend(): Counter {
    const pending = this.#pendingSpend;
    return new Counter({
      name: 'sluice_spend_usd_total',
      help: 'What requests cost, US dollars',
      labelNames: ['model'],
      registers: [],
      collect() {
        for (const [model, nanoUsd] of pending) this.inc({ model }, nanoUsd / 1e9);
        pending.clear();
      },
    });
  }

  #refused(): Counter {
    const pending = this.#pendingRefused;
    const counter = new Counter({
      name: 'sluice_rejected_requests_total',
      help: 'Requests that a limit refused, by its kind',
      labelNames: ['reason'],
      registers: [],
      collect() {
        for (const [reason, count] of pending) this.inc({ reason }, count);
        pending.clear();
      },
    });
    for (const reason of ['requests', 'tokens', 'parallel', 'budget']) counter.inc({ reason }, 0);
    return counter;
  }

  /** The text that Prometheus scrapes. */
  async render(): Promise<{ contentType: string; text: string }> {
    const histograms = [this.#duration, this.#firstToken, this.#perToken, this.#tokens, this.#overhead];
    const own = histograms.map((histogram) => histogram.render()).join('');
    return { contentType: this.#registry.contentType, text: own + (await this.#registry.metrics()) };
  }
}

function add(sums: Map<string, number>, name: string, amount: number): void {
  sums.set(name, (sums.get(name) ?? 0) + amount);
}

function observeTokens(series: RequestSeries, { usage, isStreaming, firstByteMs }: InferenceRecord, durationMs: number): void {
  if (usage !== null) {
    series.inputTokens.observe(usage.promptTokens);
    if (usage.completionTokens > 0) series.outputTokens.observe(usage.completionTokens);
  }
  if (!isStreaming || firstByteMs === null) return;
  series.firstToken.observe(firstByteMs / 1000);
  const later = (usage?.completionTokens ?? 0) - 1;
  if (later > 0) series.perToken.observe((durationMs - firstByteMs) / 1000 / later);
}

/** How the database, the counters and the ledger are, read when a scrape comes. */
function serviceMetrics({ isDatabaseUp, areLimitsDegraded, ledger }: MetricsSource): (Gauge | Counter)[] {
  const registers: Registry[] = [];
  let dropped = 0;
  return [
    new Gauge({
      name: 'sluice_database_up',
      help: 'Whether the database answers: 1 yes, 0 no; absent where none is used',
      registers,
      collect() {
        const isUp = isDatabaseUp();
        if (isUp === null) this.remove();
        else this.set(isUp ? 1 : 0);
      },
    }),
    new Gauge({
      name: 'sluice_limits_degraded',
      help: 'Whether limits are counted in this process because Redis is away: 1 yes, 0 no',
      registers,
      collect() {
        this.set(areLimitsDegraded() ? 1 : 0);
      },
    }),
    new Gauge({
      name: 'sluice_ledger_pending_rows',
      help: 'Rows of spend that wait to be written to the database',
      registers,
      collect() {
        this.set(ledger()?.pendingRows ?? 0);
      },
    }),
    new Counter({
      name: 'sluice_ledger_dropped_rows_total',
      help: 'Rows of spend that could be kept nowhere',
      registers,
      collect() {
        const now = ledger()?.droppedRows ?? 0;
        this.inc(Math.max(0, now - dropped));
        dropped = now;
      },
    }),
  ];
}

/** Figures that are read when a scrape comes. */
function gauges(source: MetricsSource): Gauge[] {
  const registers: Registry[] = [];
  return [
    new Gauge({
      name: 'sluice_requests_in_flight',
      help: 'Inference requests under way',
      registers,
      collect() {
        this.set(source.inFlight());
      },
    }),
    new Gauge({
      name: 'sluice_requests_waiting',
      help: 'Inference requests without a first byte yet',
      registers,
      collect() {
        this.set(source.waiting());
      },
    }),
    new Gauge({
      name: 'sluice_requests_queued',
      help: 'Requests that wait for a place at a backend with maxInFlight',
      labelNames: ['model', 'backend'],
      registers,
      collect() {
        this.reset();
        for (const { model, backend, queued } of source.backends()) if (queued !== null) this.set({ model, backend }, queued);
      },
    }),
    new Gauge({
      name: 'sluice_upstream_up',
      help: 'Whether a backend can serve: 1 yes, 0 no; absent while unknown',
      labelNames: ['model', 'backend', 'provider'],
      registers,
      collect() {
        this.reset();
        for (const { isUp, queued: _queued, ...labels } of source.backends()) if (isUp !== null) this.set(labels, isUp ? 1 : 0);
      },
    }),
  ];
}
