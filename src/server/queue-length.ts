import type { ModelTable } from '../core/model-table.ts';
import { GatewayError } from '../errors.ts';

interface OtherQueues {
  /** Requests without a first token, whatever they wait for. */
  waiting: number;
  /** Requests that wait in the embedded engine. */
  engineQueue: number;
}

/**
 * Requests that wait: for a place at a backend, and in the engines that tell theirs, as of their last check. Where no backend is of a kind that tells it or is
 * bounded, those without a first token.
 */
export function queueLength({ models }: ModelTable, { waiting, engineQueue }: OtherQueues): number {
  const backends = models.flatMap((model) => model.backends);
  const queued = backends.reduce((sum, { queue }) => sum + (queue?.waiting ?? 0), 0);
  // An engine behind several models is one engine.
  const told = new Map<string, number>();
  for (const backend of backends) {
    const target = backend.target();
    if (!(target instanceof GatewayError) && backend.queueProbe !== null) told.set(target.baseUrl, backend.health.waiting);
  }
  if (told.size === 0 && backends.every(({ queue }) => queue === null)) return Math.max(waiting, engineQueue);
  return queued + engineQueue + [...told.values()].reduce((sum, count) => sum + count, 0);
}
