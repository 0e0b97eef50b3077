import { request } from 'undici';

export interface HealthWait {
  /** Base URL of the API. */
  endpoint: string;
  timeoutMs: number;
  signal: AbortSignal;
  now: () => number;
  /** Told when what the endpoint says changes, and how long it has taken. */
  onAnswer: (answer: string, elapsedMs: number) => void;
}

const intervalMs = 5_000;

/** Asks `/health` until it answers 200. Returns the milliseconds that it took, or null when the time was over. */
export async function waitUntilHealthy({ endpoint, timeoutMs, signal, now, onAnswer }: HealthWait): Promise<number | null> {
  const startedMs = now();
  let told = '';
  while (now() - startedMs < timeoutMs && !signal.aborted) {
    const answer = await ask(`${endpoint}/health`);
    if (answer === null) return now() - startedMs;
    if (answer !== told) onAnswer(answer, now() - startedMs);
    told = answer;
    await pause(intervalMs, signal);
  }
  return null;
}

/** Null: healthy. */
async function ask(url: string): Promise<string | null> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 10_000, bodyTimeout: 10_000 });
    const text = await body.text();
    if (statusCode === 200) return null;
    const detail = /"detail"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? /"message"\s*:\s*"([^"]*)"/.exec(text)?.[1];
    return `${statusCode}${detail === undefined ? '' : `, ${detail}`}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
  }
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
