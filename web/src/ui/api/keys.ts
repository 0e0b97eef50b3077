import type { Call } from './call.ts';
import { type Limits, parseLimits } from './limits.ts';
import { type Fields, type Page, readFields, readNumber, readPage, readRows, readText, readTexts, readTime } from './read.ts';

/** A key as the admin API shows it: never the key itself. */
export interface Key extends Limits {
  hash: string;
  /** `sk-...` and the last four characters. */
  name: string;
  alias: string | null;
  /** Empty: every model. */
  models: string[];
  userId: string | null;
  teamId: string | null;
  teamAlias: string | null;
  spentUsd: number;
  expiresAtMs: number | null;
  isBlocked: boolean;
  metadata: Fields;
  createdAtMs: number | null;
  lastUsedAtMs: number | null;
}

/** Reads one key. `hash` is for answers that tell it beside the row. */
export function parseKey(value: unknown, hash = ''): Key {
  const fields = readFields(value);
  return {
    ...parseLimits(fields),
    hash: readText(fields['token']) ?? readText(fields['token_id']) ?? hash,
    name: readText(fields['key_name']) ?? '',
    alias: readText(fields['key_alias']),
    models: readTexts(fields['models']),
    userId: readText(fields['user_id']),
    teamId: readText(fields['team_id']),
    teamAlias: readText(fields['team_alias']),
    spentUsd: readNumber(fields['spend']) ?? 0,
    expiresAtMs: readTime(fields['expires']),
    isBlocked: fields['blocked'] === true,
    metadata: readFields(fields['metadata']),
    createdAtMs: readTime(fields['created_at']),
    lastUsedAtMs: readTime(fields['last_active']),
  };
}

/** How a person calls a key: its alias, else the end of it. */
export function keyLabel(key: Pick<Key, 'alias' | 'name' | 'hash'>): string {
  return key.alias ?? (key.name === '' ? `${key.hash.slice(0, 12)}…` : key.name);
}

/** Which keys to list, and in what order. */
export interface KeyQuery {
  page: number;
  size: number;
  search?: string | undefined;
  teamId?: string | undefined;
  userId?: string | undefined;
  sortBy?: string | undefined;
  sortOrder?: 'asc' | 'desc' | undefined;
}

/** A key that has just been made: the only time that it is shown. */
export interface NewKey {
  /** The key itself. */
  secret: string;
  key: Key;
}

function parseNewKey(value: unknown): NewKey {
  return { secret: readText(readFields(value)['key']) ?? '', key: parseKey(value) };
}

/** Wire fields of a key to set; a field that is missing stays as it is, null takes a limit away. */
export type KeyFields = Fields;

/** Everything that can be done with keys. */
export interface KeysApi {
  list(query: KeyQuery): Promise<Page<Key>>;
  /** One key; without a hash the one that signed in. */
  read(hash?: string): Promise<Key>;
  create(fields: KeyFields): Promise<NewKey>;
  update(hash: string, fields: KeyFields): Promise<unknown>;
  setBlocked(hash: string, isBlocked: boolean): Promise<unknown>;
  /** `gracePeriod`: how long the old key is still taken, e.g. `24h`; empty: not at all. */
  rotate(hash: string, gracePeriod: string): Promise<NewKey>;
  remove(hash: string): Promise<unknown>;
}

/** Makes the calls about keys. */
export function createKeysApi(call: Call): KeysApi {
  return {
    async list(query) {
      const answer = await call.get('/key/list', {
        page: query.page,
        size: query.size,
        search: query.search,
        team_id: query.teamId,
        user_id: query.userId,
        sort_by: query.sortBy,
        sort_order: query.sortOrder,
        return_full_object: true,
      });
      return readPage(
        answer,
        readRows(answer, 'keys', 'data').map((row) => parseKey(row)),
        query,
      );
    },
    async read(hash) {
      const fields = readFields(await call.get('/key/info', { key: hash }));
      return parseKey(fields['info'] ?? fields, hash ?? readText(fields['key']) ?? '');
    },
    create: async (fields) => parseNewKey(await call.post('/key/generate', fields)),
    update: (hash, fields) => call.post('/key/update', { key: hash, ...fields }),
    setBlocked: (hash, isBlocked) => call.post(isBlocked ? '/key/block' : '/key/unblock', { key: hash }),
    rotate: async (hash, gracePeriod) =>
      parseNewKey(
        await call.post(`/key/${encodeURIComponent(hash)}/regenerate`, gracePeriod === '' ? {} : { grace_period: gracePeriod }),
      ),
    remove: (hash) => call.post('/key/delete', { keys: [hash] }),
  };
}
