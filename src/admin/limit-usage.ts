import type { Access } from '../core/access.ts';
import type { LimitUse } from '../core/admission.ts';
import { toUsd } from '../money/usd.ts';
import type { Caller } from './caller.ts';
import { hashOf } from './named-key.ts';
import { reachOf, seesKey } from './reach.ts';
import { notFound, shownKey } from './refusals.ts';
import type { AdminServices } from './services.ts';

/** Where limits and their use are known. */
export interface LimitUsageSource {
  store: AdminServices['store'];
  /** What the key of a hash is; null: there is none such. */
  accessOf: (hash: string) => Promise<Access | null>;
  limitsOf: (access: Access) => Promise<readonly LimitUse[]>;
}

/**
 * Every limit that a key is under and how much of it is used now; without a name the caller's own key. Money in USD.
 * @throws GatewayError `not_found`: there is none such, or the caller does not see it
 */
export async function limitUsage(
  { store, accessOf, limitsOf }: LimitUsageSource,
  caller: Caller,
  named: string | undefined,
): Promise<{ limits: object[] }> {
  const hash = named === undefined ? caller.keyHash : hashOf(named);
  const access = hash === null ? null : await accessOf(hash);
  const shown = named === undefined ? 'the key that calls' : shownKey(named);
  if (hash === null || access === null) throw notFound('Key', shown, 'key');
  if (hash !== caller.keyHash) {
    const reach = await reachOf(store.db, caller);
    if (!seesKey(reach, { hash, user_id: access.userId, team_id: access.teamId })) throw notFound('Key', shown, 'key');
  }
  return { limits: (await limitsOf(access)).map(toWire) };
}

function toWire({ owner, limit, used }: LimitUse): object {
  const isMoney = limit.kind === 'budget';
  const { scope, model } = owner;
  return {
    scope: model === null ? scope.kind : `${scope.kind}:model:${model}`,
    kind: limit.kind,
    max: isMoney ? toUsd(limit.max) : limit.max,
    used: isMoney ? toUsd(used) : used,
    // Requests and tokens of the last minute pass one by one, and slots when they are given back: neither has a reset.
    resets_at: isMoney && limit.periodEndMs > 0 ? new Date(limit.periodEndMs).toISOString() : null,
  };
}
