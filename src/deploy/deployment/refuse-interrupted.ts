import { GatewayError } from '../../errors.ts';

/** Between steps that do not look at the signal themselves. @throws GatewayError: somebody asked to stop */
export function refuseInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new GatewayError('request_timeout', 'interrupted between two steps; what was done stays. Run it again to go on');
}
