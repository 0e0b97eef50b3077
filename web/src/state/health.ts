import { type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from '../api/client.ts';
import type { HealthStatus } from '../api/wire.ts';

/** The gateway's state as this page knows it. `unknown` before the first answer, and for servers that have no health route. */
export type Readiness = HealthStatus | 'unreachable';

/** Knows whether the gateway can answer, and keeps asking while it cannot. */
export interface Health {
  readiness: ReadonlySignal<Readiness>;
  /** Asks now. Goes on asking every few seconds until the gateway is ready. */
  check(): Promise<Readiness>;
}

const pollMs = 3_000;

/** Makes the watcher; it asks nothing before the first `check`. */
export function createHealth(api: Api): Health {
  const readiness = signal<Readiness>('unknown');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<Readiness> | undefined;

  async function ask(): Promise<Readiness> {
    clearTimeout(timer);
    const answer = await api.readHealth().catch((): Readiness => 'unreachable');
    readiness.value = answer;
    if (answer !== 'healthy' && answer !== 'unknown') timer = setTimeout(() => void check(), pollMs);
    return answer;
  }

  function check(): Promise<Readiness> {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  }

  return { readiness, check };
}
