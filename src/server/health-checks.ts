import type { Backend, ModelTable } from '../core/model-table.ts';
import { GatewayError } from '../errors.ts';
import type { Target } from '../providers/provider.ts';
import type { Transport } from '../transport/transport.ts';

interface HealthChecksInput {
  transport: Transport;
  models: () => ModelTable;
  intervalMs: () => number;
  /** A backend came up or went down. */
  onChange: (backend: Backend) => void;
}

const checkTimeoutMs = 5_000;
const largestAnswerBytes = 4 * 1024 * 1024;

/** Asks every backend with an address of its own, at an interval, whether it can serve. */
export class HealthChecks {
  readonly #input: HealthChecksInput;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(input: HealthChecksInput) {
    this.#input = input;
  }

  /** One round now, then one after each interval. */
  start(): void {
    void this.round().finally(() => {
      if (!this.#isClosed) this.#timer = setTimeout(() => this.start(), this.#input.intervalMs()).unref();
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Checks every backend once. Never rejects. */
  async round(): Promise<void> {
    const backends = this.#input.models().models.flatMap((model) => model.backends);
    await Promise.all(backends.map((backend) => this.#check(backend)));
  }

  async #check(backend: Backend): Promise<void> {
    const before = backend.health.check;
    const target = backend.target();
    // A backend without an address is an engine that starts, and tells its own state.
    if (target instanceof GatewayError) return;
    try {
      const { answer } = this.#input.transport.collect(backend.provider.toHealthCheck(target), {
        timeoutMs: checkTimeoutMs,
        limitBytes: largestAnswerBytes,
      });
      const { status } = await answer;
      if (status === 401 || status === 403) backend.health.down(`it refuses our key (${status})`);
      else if (status >= 500) backend.health.down(`it answers ${status}`);
      else if (before !== 'up') backend.health.succeeded();
    } catch (error) {
      backend.health.down(error instanceof Error ? error.message : String(error));
    }
    if (backend.health.check !== before && !this.#isClosed) this.#input.onChange(backend);
    if (backend.health.check === 'up') await this.#readQueue(backend, target);
  }

  /** How many requests wait in an engine that tells it. What cannot be had counts as none. */
  async #readQueue({ health, queueProbe }: Backend, target: Target): Promise<void> {
    if (queueProbe === null) return;
    try {
      const { answer } = this.#input.transport.collect(queueProbe.toRequest(target), {
        timeoutMs: checkTimeoutMs,
        limitBytes: largestAnswerBytes,
      });
      health.waits(queueProbe.waitingOf(await answer));
    } catch {
      health.waits(0);
    }
  }
}
