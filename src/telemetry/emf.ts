import { catalogue } from '../errors.ts';
import type { FinishedRequest } from './record.ts';

/** Under which name and dimensions figures stand in CloudWatch. */
export interface EmfSettings {
  namespace: string;
  environment: string;
  autoScalingGroup?: string | undefined;
}

/** Figures that are read when lines are written. */
export interface EmfGauges {
  /** Requests that wait, in the gateway and in engines. */
  queueDepth: number;
  inFlight: number;
  /** Whether any backend can serve. */
  isEngineReady: boolean;
}

/** CloudWatch takes at most so many values of a metric from a line. */
const mostValues = 100;

const units = {
  RequestLatency: 'Milliseconds',
  TimeToFirstToken: 'Milliseconds',
  RequestCount: 'Count',
  ErrorCount: 'Count',
  TokensIn: 'Count',
  TokensOut: 'Count',
  QueueDepth: 'Count',
  InFlight: 'Count',
  EngineReady: 'None',
  EngineReadySeconds: 'Seconds',
} as const;

type Figures = Partial<Record<keyof typeof units, number | number[]>>;

/**
 * What CloudWatch is told of inference requests, as lines of its Embedded Metric Format: whoever reads the log makes metrics of them, so that the gateway needs
 * neither credentials nor a way to AWS. Latencies are lists of values, since percentiles of percentiles mean nothing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class EmfMetrics {
  readonly #uptimeMs: () => number;
  #latencies: number[] = [];
  #firstTokens: number[] = [];
  #requests = 0;
  #errors = 0;
  #tokensIn = 0;
  #tokensOut = 0;
  /** When an engine was ready for the first time; null: none was yet, or that is told already. */
  #readySeconds: number | null = null;
  #wasReady = false;

  /** @param uptimeMs how long the process runs */
  constructor(uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
  }

  observe({ status, durationMs, inference }: FinishedRequest): void {
    if (inference === null) return;
    const { errorCode, attempts, isClientGone, isStreaming, firstByteMs, usage } = inference;
    this.#requests++;
    // A stream that broke off has said 200 already.
    if (status >= 500 || (errorCode !== null && catalogue[errorCode].status >= 500)) this.#errors++;
    // What was refused before a model was asked, or left by its client, took no time that says anything of the service.
    if (attempts > 0 && !isClientGone) this.#latencies.push(rounded(durationMs));
    if (isStreaming && firstByteMs !== null) this.#firstTokens.push(rounded(firstByteMs));
    this.#tokensIn += usage?.promptTokens ?? 0;
    this.#tokensOut += usage?.completionTokens ?? 0;
  }

  /** An engine can serve. Only the first time counts. */
  engineReady(): void {
    if (this.#wasReady) return;
    this.#wasReady = true;
    this.#readySeconds = rounded(this.#uptimeMs() / 1000);
  }

  /** Lines for what happened since the last call, each with its line end. Where nothing did, one that says so: expressions over a metric that is not there have no value. */
  take(settings: EmfSettings, gauges: EmfGauges, nowMs: number): string[] {
    if (gauges.isEngineReady) this.engineReady();
    const latencies = chunked(this.#latencies);
    const firstTokens = chunked(this.#firstTokens);
    const lines = Array.from({ length: Math.max(1, latencies.length, firstTokens.length) }, (_, index) => {
      const lists = { ...listed('RequestLatency', latencies[index]), ...listed('TimeToFirstToken', firstTokens[index]) };
      // What is added up stands in one line only.
      return lineOf(settings, index === 0 ? { ...lists, ...this.#sums(), ...figuresOf(gauges) } : lists, nowMs);
    });
    this.#latencies = [];
    this.#firstTokens = [];
    this.#requests = this.#errors = this.#tokensIn = this.#tokensOut = 0;
    this.#readySeconds = null;
    return lines;
  }

  #sums(): Figures {
    const sums = { RequestCount: this.#requests, ErrorCount: this.#errors, TokensIn: this.#tokensIn, TokensOut: this.#tokensOut };
    return this.#readySeconds === null ? sums : { ...sums, EngineReadySeconds: this.#readySeconds };
  }
}

function figuresOf({ queueDepth, inFlight, isEngineReady }: EmfGauges): Figures {
  return { QueueDepth: queueDepth, InFlight: inFlight, EngineReady: isEngineReady ? 1 : 0 };
}

function listed(name: 'RequestLatency' | 'TimeToFirstToken', values: number[] | undefined): Figures {
  return values === undefined ? {} : { [name]: values };
}

function chunked(values: readonly number[]): number[][] {
  const count = Math.ceil(values.length / mostValues);
  return Array.from({ length: count }, (_, index) => values.slice(index * mostValues, (index + 1) * mostValues));
}

function lineOf({ namespace, environment, autoScalingGroup }: EmfSettings, figures: Figures, nowMs: number): string {
  const dimensions = {
    Environment: environment,
    ...(autoScalingGroup === undefined ? {} : { AutoScalingGroupName: autoScalingGroup }),
  };
  const metrics = Object.entries(units)
    .filter(([name]) => name in figures)
    .map(([Name, Unit]) => ({ Name, Unit }));
  // One set: each further one is as many metrics to pay for.
  const directive = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: metrics };
  return `${JSON.stringify({ _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] }, ...dimensions, ...figures })}\n`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
