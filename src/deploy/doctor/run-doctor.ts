import { TransportError } from '../../transport/transport-error.ts';
import type { Transport } from '../../transport/transport.ts';
import { describeAwsError } from '../aws/describe-error.ts';
import { objectOf } from './answers.ts';
import { skip, Unmet, type Check, type Finding } from './check.ts';
import { contractChecks } from './checks/index.ts';
import type { Access, DoctorContext, DoctorSettings } from './context.ts';
import { Endpoint } from './endpoint.ts';
import { textPath, wrongKey } from './requests.ts';

export interface DoctorOptions {
  /** Base URL, without /v1 and without a slash at its end. */
  url: string;
  key: string | null;
  settings: DoctorSettings;
  /** Closed by whoever made it. */
  transport: Transport;
  /** Checks besides those of the contract. */
  moreChecks?: readonly Check[];
  /** Milliseconds. */
  now: () => number;
  pause: (durationMs: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
}

/** What one check found, and how long it took. */
export interface Result extends Finding {
  id: string;
  durationMs: number;
}

/** Everything that was found. */
export interface Diagnosis {
  url: string;
  verdict: 'green' | 'red' | 'unreachable';
  results: readonly Result[];
}

/** Holds a live endpoint against the public contract. Never rejects for what the endpoint does; one check after another, each bounded in time. */
export async function runDoctor(options: DoctorOptions): Promise<Diagnosis> {
  const { url, key, settings, transport, now, signal } = options;
  const endpoint = new Endpoint({ url, key, timeoutMs: settings.timeoutMs, transport, now });
  const context: DoctorContext = {
    endpoint,
    settings,
    access: { isKeyed: false, isAdmitted: true },
    model: settings.model ?? '',
    origin: settings.origin,
    refused: null,
    now,
    pause: (durationMs) => options.pause(durationMs, signal),
    signal,
  };
  const results: Result[] = [];
  const [first, ...others] = [...contractChecks, ...(options.moreChecks ?? [])];
  if (first === undefined) return { url, verdict: 'green', results };
  results.push(await runOne(first, context));
  const isReachable = results[0]?.status === 'pass';
  if (isReachable) await prepare(context);
  for (const check of others) {
    if (signal.aborted) results.push({ id: check.id, durationMs: 0, ...skip('stopped') });
    else if (!isReachable && !check.isAboutAws)
      results.push({ id: check.id, durationMs: 0, ...skip('the endpoint cannot be reached') });
    else results.push(await runOne(check, context));
  }
  const isRed = results.some(({ status }) => status === 'fail');
  return { url, verdict: isReachable ? (isRed ? 'red' : 'green') : 'unreachable', results };
}

/** What several checks need to know beforehand. What cannot be found out is left as it is: the checks then say what is wrong. */
async function prepare(context: DoctorContext): Promise<void> {
  const { endpoint, settings } = context;
  context.access = (await attempt(() => findAccess(endpoint))) ?? context.access;
  context.model = settings.model ?? (await attempt(() => findModel(endpoint))) ?? 'phi-3-mini';
  context.origin = settings.origin ?? (await attempt(() => findOrigin(endpoint))) ?? null;
  // These were our own questions, not the checks'.
  endpoint.answers.length = 0;
}

async function attempt<Value>(find: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof TransportError) return undefined;
    throw error;
  }
}

async function findAccess(endpoint: Endpoint): Promise<Access> {
  const isRefused = async (key: string | null) =>
    [401, 403].includes((await endpoint.ask({ method: 'GET', path: '/v1/models', key })).status);
  const isKeyed = await isRefused(wrongKey);
  return { isKeyed, isAdmitted: !isKeyed || (endpoint.key !== null && !(await isRefused(endpoint.key))) };
}

async function findModel(endpoint: Endpoint): Promise<string | undefined> {
  const { text } = await endpoint.ask({ method: 'GET', path: '/health', key: null });
  const model = objectOf(text)?.['model'];
  return typeof model === 'string' ? model : undefined;
}

/** An edge answers every preflight alike, and so tells which page it is for. */
async function findOrigin(endpoint: Endpoint): Promise<string | undefined> {
  const headers = { origin: 'https://sluice-doctor.invalid', 'access-control-request-method': 'POST' };
  const { headers: answered } = await endpoint.ask({ method: 'OPTIONS', path: textPath, key: null, headers });
  const allowed = answered['access-control-allow-origin'];
  return allowed === '*' ? undefined : allowed;
}

async function runOne(check: Check, context: DoctorContext): Promise<Result> {
  const { now, settings, access } = context;
  const startedMs = now();
  const finding = await (check.needsAccess === true && !access.isAdmitted
    ? skip('no key that is let in: set SLUICE_API_KEY or give --key-file')
    : withinLimit(check, context, check.limitMs?.(context) ?? 4 * settings.timeoutMs));
  return { id: check.id, durationMs: now() - startedMs, ...finding };
}

async function withinLimit(check: Check, context: DoctorContext, limitMs: number): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => resolve(failure('an end', `none within ${limitMs / 1000} s`, 'try again')), limitMs);
  try {
    return await Promise.race([
      promise,
      check.run(context).catch((error: unknown) => findingOf(error, context.settings.timeoutMs)),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function findingOf(error: unknown, timeoutMs: number): Finding {
  if (error instanceof Unmet) {
    const { expected, came, advice } = error.fault;
    return failure(expected, came, advice);
  }
  if (error instanceof TransportError) {
    const slow = `does the engine hang? Its log knows; --timeout ${Math.ceil((2 * timeoutMs) / 1000)} waits longer`;
    const broken =
      'something between here and the gateway closes connections: the gateway’s log, and that of what stands in front';
    return failure('a whole answer', error.message, error.failure === 'timeout' ? slow : broken);
  }
  const aws = describeAwsError(error);
  if (aws !== undefined) return skip(`cannot be looked at: ${aws.message}`);
  throw error;
}

function failure(expected: string, came: string, advice: string): Finding {
  return { status: 'fail', detail: `expected ${expected}; came ${came}`, expected, came, advice };
}
