import { describe, errorOf, seconds } from '../answers.ts';
import { pass, skip, Unmet, type Check } from '../check.ts';
import type { DoctorContext } from '../context.ts';
import type { Answer } from '../endpoint.ts';
import { isFromApiGateway } from '../in-front.ts';
import { textPath, textRequest } from '../requests.ts';

const windowMs = 60_000;
const atOnce = 4;
/** A firewall counts with a lag of seconds to minutes: it may refuse for longer than it said. */
const mostWaits = 4;

/** More requests than the limit within a minute yield a 429 that says when to come back. */
export const rateLimitCheck: Check = {
  id: 'rate-limit',
  needsAccess: true,
  limitMs: () => 2 * windowMs,
  run: async (context) => {
    const limit = context.settings.floodLimit;
    if (limit === null) return skip('it takes the minute of this address: --flood looks at it');
    const startedMs = context.now();
    const refused = await flood(context, limit);
    const tookMs = context.now() - startedMs;
    if (refused === undefined && tookMs >= windowMs)
      return skip(`${limit + 1} requests take ${seconds(tookMs)}: too slow to reach the limit`);
    if (refused === undefined) {
      throw new Unmet({
        expected: `a 429 within ${limit + 1} requests in ${seconds(tookMs)}`,
        came: 'none',
        advice:
          'set limits.ip.requestsPerMinute, and behind a proxy server.trustedProxies; each host counts for itself, so give --limit for all',
      });
    }
    context.refused = refused;
    requireLimitAnswer(refused);
    return pass(`429 within ${seconds(tookMs)}, Retry-After ${refused.headers['retry-after']}`);
  },
};

/** Who is refused cannot be somebody else by saying so. Told only where something in front knows who calls. */
export const spoofedAddressCheck: Check = {
  id: 'spoofed-address',
  needsAccess: true,
  run: async (context) => {
    const { refused, settings } = context;
    if (refused === null) return skip('nobody was refused: --flood looks at it');
    if (!(settings.isProxied ?? isFromApiGateway(refused))) {
      return skip('nothing in front is known that says who calls, so the gateway may believe its callers: --proxied looks at it');
    }
    for (const name of ['x-client-ip', 'x-forwarded-for', 'x-real-ip', 'forwarded']) {
      const value = name === 'forwarded' ? 'for=203.0.113.7' : '203.0.113.7';
      const answer = await askOnce(context, { [name]: value });
      if (answer.status === 429) continue;
      throw new Unmet({
        expected: `429 for who says ${name}: ${value} too`,
        came: describe(answer),
        advice:
          'what stands in front must overwrite that header, or the gateway must not read it (server.clientAddressHeader, server.trustedProxies)',
      });
    }
    return pass('429 whatever address the caller claims');
  },
};

/** Who waits for as long as was said is let in again. */
export const limitEndsCheck: Check = {
  id: 'limit-ends',
  needsAccess: true,
  limitMs: () => (mostWaits + 1) * windowMs,
  run: async (context) => {
    if (context.refused === null) return skip('nobody was refused: --flood looks at it');
    const startedMs = context.now();
    let answer: Answer = await askOnce(context);
    for (let waits = 0; answer.status === 429 && waits < mostWaits && !context.signal.aborted; waits++) {
      await context.pause(Math.min(windowMs, Math.max(1, Number(answer.headers['retry-after'] ?? 30)) * 1000));
      answer = await askOnce(context);
      // Its own promise is exact; only a firewall has a lag.
      if (!isFromApiGateway(answer)) break;
    }
    if (answer.status === 200) return pass(`let in again after ${seconds(context.now() - startedMs)}`);
    throw new Unmet({
      expected: `200 after Retry-After was waited for`,
      came: `${describe(answer)} after ${seconds(context.now() - startedMs)}`,
      advice: 'Retry-After says less than it takes: does something in front count as well?',
    });
  },
};

/** Sends one more than the limit. The first refusal; undefined: there was none. */
async function flood(context: DoctorContext, limit: number): Promise<Answer | undefined> {
  const startedMs = context.now();
  let sent = 0;
  let refused: Answer | undefined;
  const send = async () => {
    while (sent <= limit && refused === undefined && !context.signal.aborted && context.now() - startedMs < windowMs) {
      sent++;
      const answer = await askOnce(context);
      if (answer.status === 429) refused ??= answer;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return refused;
}

function askOnce({ endpoint, model }: DoctorContext, headers: Record<string, string> = {}): Promise<Answer> {
  return endpoint.ask({ method: 'POST', path: textPath, body: textRequest(model, { max_tokens: 1 }), headers });
}

/** The requirements' JSON: code, message and retry_after, the last also as a header. */
function requireLimitAnswer(answer: Answer): void {
  const error = errorOf(answer);
  const retryAfter = answer.headers['retry-after'] ?? '';
  const faults = [
    /^[1-9]\d*$/.test(retryAfter) ? [] : 'Retry-After (seconds)',
    error?.['code'] === 'rate_limit_exceeded' ? [] : 'error.code rate_limit_exceeded',
    typeof error?.['message'] === 'string' ? [] : 'error.message',
    error?.['retry_after'] === Number(retryAfter) ? [] : 'error.retry_after as in the header',
  ].flat();
  if (faults.length === 0) return;
  throw new Unmet({
    expected: `a 429 with ${faults.join(', ')}`,
    came: describe(answer),
    advice: 'something in front answers in its own way; on AWS: the custom response of the web ACL’s rule',
  });
}
