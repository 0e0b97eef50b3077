/** What is known about an answer besides its text. What a server does not tell is missing. */
export interface AnswerFacts {
  /** The model that answered, as the answer names it. */
  model?: string;
  promptTokens?: number;
  completionTokens?: number;
  /** From sending to the first piece of text. */
  firstTokenMs?: number;
  /** From the first piece of text to the last. */
  writingMs?: number;
  finishReason?: string;
}

/**
 * Tokens per second while writing. The first token opens the interval, so n tokens took n - 1 steps. Undefined where that says
 * nothing: one token, or everything in one piece.
 */
export function tokensPerSecond({ completionTokens, writingMs }: AnswerFacts): number | undefined {
  if (completionTokens === undefined || writingMs === undefined || completionTokens < 2 || writingMs < 1) return undefined;
  return ((completionTokens - 1) / writingMs) * 1000;
}

/** A rate with three significant digits: `4.12`, `41.2`, `412`, `4,120`. */
export function formatRate(perSecond: number): string {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(perSecond);
}

/** A short time: `310 ms`, `1.24 s`. */
export function formatDuration(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}

/** A time to wait, in its two largest units: `9 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. Rounded up: never too early. */
export function formatWait(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const units = [
    { name: 'd', size: 86_400 },
    { name: 'h', size: 3_600 },
    { name: 'min', size: 60 },
    { name: 's', size: 1 },
  ];
  const first = units.findIndex(({ size }) => seconds >= size);
  if (first === -1) return '0 s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(({ name, size }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { name, count };
  });
  return parts
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(' ');
}
