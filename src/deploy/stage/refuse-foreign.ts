import { GatewayError } from '../../errors.ts';
import type { Staged } from './staged.ts';

/** What was to be staged: folder of the weights, sources of the images; nothing of a part that was left out. */
export interface Wanted {
  weights?: string | undefined;
  engine?: string | undefined;
  gateway?: string | undefined;
}

/**
 * Two people may stage at once, into the same place: the later one's word stands there, and the other would go on and deploy it unseen.
 * @throws GatewayError: what lies there is not what was to be staged
 */
export function refuseForeign({ weights, engine, gateway }: Staged, wanted: Wanted): void {
  const found: Wanted = { weights: weights?.key, engine: engine?.source, gateway: gateway?.source };
  const others = (['weights', 'engine', 'gateway'] as const).filter((kind) => kind in wanted && found[kind] !== wanted[kind]);
  if (others.length === 0) return;
  const facts = others.map((kind) => `${kind} is ${found[kind] ?? 'not there'}, not ${wanted[kind]}`);
  throw new GatewayError(
    'bad_request',
    `somebody else has staged at the same time: ${facts.join('; ')}. Agree with them, and run this again: what is built is not built anew`,
  );
}
