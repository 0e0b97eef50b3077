import type { FastifyRequest } from 'fastify';
import type { Caller } from '../admin/caller.ts';

/** Who calls, as the admin services know callers. */
export function callerOf({ access, id }: FastifyRequest): Caller {
  const { role, isMaster, keyHash, userId, teamId } = access;
  return { role, isMaster, keyHash, userId, teamId, requestId: id };
}
