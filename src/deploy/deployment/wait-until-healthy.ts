import type { Transport } from '../../transport/transport.ts';
import { endpointHealth } from '../status/api.ts';

export interface HealthWait {
  transport: Transport;
  /** Base URL of the API. */
  endpoint: string;
  timeoutMs: number;
  signal: AbortSignal;
  now: () => number;
  /** Told when what the endpoint says changes, and how long it has taken. */
  onAnswer: (answer: string, elapsedMs: number) => void;
}

const intervalMs = 5_000;

/** Asks `/health` until it answers 200. Whether it did before the time was over or the signal came. */
export async function waitUntilHealthy(wait: HealthWait): Promise<boolean> {
  const { transport, endpoint, timeoutMs, signal, now, onAnswer } = wait;
  const startedMs = now();
  let before = '';
  while (now() - startedMs < timeoutMs && !signal.aborted) {
    const { status, told } = await endpointHealth(transport, endpoint, now);
    if (status === 200) return true;
    const answer = status === 0 ? told : `${status}, ${told}`;
    if (answer !== before) onAnswer(answer, now() - startedMs);
    before = answer;
    await pause(intervalMs, signal);
  }
  return false;
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, durationMs);
    signal.addEventListener('abort', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
