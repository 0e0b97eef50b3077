import { Unmet } from './check.ts';
import type { Answer } from './endpoint.ts';

/** An object of JSON; undefined where it is none. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The body as an object; undefined where it is none. */
export function objectOf(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value if it is an object and no list. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The first of a list of objects. */
export function firstOf(value: unknown): JsonObject | undefined {
  return Array.isArray(value) ? asObject(value[0]) : undefined;
}

/** The `error` of an error answer. */
export function errorOf(answer: Answer): JsonObject | undefined {
  return asObject(objectOf(answer.text)?.['error']);
}

/** What came, in one line for people: status, what it says, and what tells when to try again. */
export function describe(answer: Answer): string {
  const error = errorOf(answer);
  const body = error === undefined ? shorten(answer.text) : `${String(error['code'])}: ${shorten(String(error['message']))}`;
  const again = answer.headers['retry-after'];
  const retry = again === undefined ? ([429, 503].includes(answer.status) ? ', no Retry-After' : '') : `, Retry-After ${again}`;
  const type = error === undefined && answer.text !== '' ? ` (${answer.headers['content-type'] ?? 'no content type'})` : '';
  return `status ${answer.status}${type}${body === '' ? '' : `, ${body}`}${retry}`;
}

/** @throws Unmet: it is another status */
export function requireStatus(answer: Answer, status: number, advice: string): void {
  if (answer.status === status) return;
  throw new Unmet({
    expected: `${answer.question} to answer ${status}`,
    came: describe(answer),
    advice: adviceFor(answer) ?? advice,
  });
}

/** The refusal with that status and code. @throws Unmet: it is another */
export function requireError(
  answer: Answer,
  { status, codes }: { status: number; codes: readonly string[] },
  advice: string,
): JsonObject {
  requireStatus(answer, status, advice);
  const error = errorOf(answer);
  if (error !== undefined && codes.includes(String(error['code']))) return error;
  throw new Unmet({ expected: `an error whose code is ${codes.join(' or ')}`, came: describe(answer), advice });
}

/** A list of what a value has wrong, or nothing. @throws Unmet: something is */
export function requireShape(what: string, faults: readonly string[], { text }: Pick<Answer, 'text'>, advice: string): void {
  if (faults.length > 0) throw new Unmet({ expected: `${what} with ${faults.join(', ')}`, came: shorten(text, 400), advice });
}

/** At most so many characters, in one line. */
export function shorten(text: string, length = 160): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** Seconds for people. */
export const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 2 : 1)} s`;

/** What to do about an answer that has little to do with what was asked. */
function adviceFor({ status, headers }: Answer): string | undefined {
  switch (status) {
    case 401:
      return 'set SLUICE_API_KEY, or give --key-file, with a key of this endpoint';
    case 403:
      return headers['x-amzn-errortype'] === undefined
        ? undefined
        : 'API Gateway refused it: is the stage in the URL, and is no policy or firewall rule in the way?';
    case 429:
      return 'this address has used up its minute: wait for Retry-After and try again';
    case 502:
      return 'a host answered nonsense or went away: sluice logs gpu, and the gateway’s log';
    case 503:
      return 'no host serves the model: sluice status gpu shows why; a host takes about five minutes to become ready';
    case 504:
      return 'the engine did not answer in time: sluice status gpu, and the engine’s log';
    default:
      return undefined;
  }
}
