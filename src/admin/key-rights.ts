import type { KeyRow } from '../store/keys-rows.ts';
import { findTeam } from '../store/teams-rows.ts';
import { findUser } from '../store/users-rows.ts';
import type { KeyBody } from '../wire/admin/key.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Reach } from './reach.ts';
import { notAllowed } from './refusals.ts';
import { excess } from './within.ts';
import type { Work } from './work.ts';

/** Fields with which somebody could go around the limits that were set for them. */
const adminFields = ['spend', 'temp_budget_increase', 'temp_budget_expiry', 'budget_id'] as const;

/** A key as it would be: the columns that a body sets, and whose it is then. */
export interface WantedKey {
  columns: Readonly<Record<string, unknown>>;
  userId: string | null;
  teamId: string | null;
}

/**
 * Holds what somebody who is no administrator asks for against what the key's user and team have.
 * @throws GatewayError `route_access_denied`: fields for administrators; `bad_request`: more than user or team have, every field named
 */
export async function checkRights(
  { db }: Work,
  reach: Reach,
  body: KeyBody,
  { before, wanted }: { before: KeyRow | null; wanted: WantedKey },
): Promise<void> {
  if (reach.isAdmin) return;
  for (const field of adminFields) {
    const had = field === 'spend' ? null : (before?.[field] ?? null);
    if (body[field] === undefined || (body[field] === null && had === null)) continue;
    throw notAllowed(`${field} is set by administrators only`, field);
  }
  if (before?.blocked === true && body.blocked !== undefined && body.blocked !== true) {
    throw notAllowed('a blocked key is unblocked by an administrator', 'blocked');
  }
  const guardrails = wanted.columns['guardrails'] as readonly string[] | undefined;
  if (guardrails !== undefined && before?.guardrails.some((name) => !guardrails.includes(name)) === true) {
    throw notAllowed('guardrails are taken away by administrators only', 'guardrails');
  }
  const self = reach.userId === null ? undefined : await findUser(db, reach.userId, { locked: false });
  if (self === undefined) throw notAllowed('your user is not known here; ask an administrator to make it with /user/new');
  // A user's models and money hold for keys without a team; those of a team have the team's.
  const user = wanted.teamId === null && wanted.userId !== null ? self : undefined;
  const team = wanted.teamId === null ? undefined : await findTeam(db, wanted.teamId, { locked: false });
  const details = [
    ...(user === undefined ? [] : excess({ ...user, label: `user "${user.id}"` }, wanted.columns)),
    ...(team === undefined ? [] : excess({ ...team, label: `team "${team.alias ?? team.id}"` }, wanted.columns)),
  ];
  if (details.length > 0) throw invalidFields(details);
}
