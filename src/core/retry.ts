import type { GatewayError } from '../errors.ts';
import { UpstreamRefusal } from '../providers/provider.ts';
import { TransportError } from '../transport/transport-error.ts';
import type { Client } from './client.ts';

/**
 * A connection that failed or an engine that stumbled may work at the next try; a refusal, a limit or a full queue will not within the
 * fraction of a second that we wait, and a deadline has used up the caller's patience.
 */
export function isWorthAnotherRound({ cause }: GatewayError): boolean {
  if (cause instanceof TransportError) return cause.failure !== 'timeout' && cause.failure !== 'too-large';
  return cause instanceof UpstreamRefusal && (cause.status === 500 || cause.status === 502);
}

/** Waits, but not for a client that leaves. */
export function sleepUnlessGone(ms: number, client: Client): Promise<void> {
  return new Promise((resolve) => {
    if (client.isGone) {
      resolve();
      return;
    }
    const timer = setTimeout(() => {
      client.onGone(null);
      resolve();
    }, ms);
    client.onGone(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
