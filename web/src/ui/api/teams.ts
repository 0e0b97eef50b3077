import type { Call } from './call.ts';
import { type Key, parseKey } from './keys.ts';
import { type Limits, parseLimits } from './limits.ts';
import { type Fields, type Page, readFields, readNumber, readPage, readRows, readText, readTexts } from './read.ts';

/** Who belongs to a team. */
export interface Member {
  userId: string;
  email: string | null;
  role: 'admin' | 'user';
}

/** A team: limits that its keys share. */
export interface Team extends Limits {
  id: string;
  alias: string | null;
  /** Empty: every model. */
  models: string[];
  members: Member[];
  isBlocked: boolean;
  spentUsd: number;
}

/** A team with its keys. */
export interface TeamDetails {
  team: Team;
  keys: Key[];
}

/** How a person calls a team. */
export function teamLabel(team: Pick<Team, 'alias' | 'id'>): string {
  return team.alias ?? team.id;
}

/** Reads one team. */
export function parseTeam(value: unknown): Team {
  const fields = readFields(value);
  return {
    ...parseLimits(fields),
    id: readText(fields['team_id']) ?? '',
    alias: readText(fields['team_alias']),
    models: readTexts(fields['models']),
    members: readRows(fields['members_with_roles']).map((member) => ({
      userId: readText(member['user_id']) ?? readText(member['user_email']) ?? '',
      email: readText(member['user_email']),
      role: member['role'] === 'admin' ? 'admin' : 'user',
    })),
    isBlocked: fields['blocked'] === true,
    spentUsd: readNumber(fields['spend']) ?? 0,
  };
}

/** Everything that can be done with teams. Fields are the wire's, as with keys. */
export interface TeamsApi {
  list(query: { page: number; size: number; search?: string | undefined }): Promise<Page<Team>>;
  read(id: string): Promise<TeamDetails>;
  create(fields: Fields): Promise<Team>;
  update(id: string, fields: Fields): Promise<unknown>;
  setBlocked(id: string, isBlocked: boolean): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  addMember(id: string, member: { user_id: string; role: string }): Promise<unknown>;
  removeMember(id: string, userId: string): Promise<unknown>;
}

/** Makes the calls about teams. */
export function createTeamsApi(call: Call): TeamsApi {
  return {
    async list({ page, size, search }) {
      const answer = await call.get('/v2/team/list', { page, page_size: size, search });
      return readPage(answer, readRows(answer, 'teams').map(parseTeam), { page, size });
    },
    async read(id) {
      const fields = readFields(await call.get('/team/info', { team_id: id }));
      return { team: parseTeam(fields['team_info'] ?? fields), keys: readRows(fields['keys']).map((row) => parseKey(row)) };
    },
    create: async (fields) => parseTeam(await call.post('/team/new', fields)),
    update: (id, fields) => call.post('/team/update', { team_id: id, ...fields }),
    setBlocked: (id, isBlocked) => call.post(isBlocked ? '/team/block' : '/team/unblock', { team_id: id }),
    remove: (id) => call.post('/team/delete', { team_ids: [id] }),
    addMember: (id, member) => call.post('/team/member_add', { team_id: id, member }),
    removeMember: (id, userId) => call.post('/team/member_delete', { team_id: id, user_id: userId }),
  };
}
