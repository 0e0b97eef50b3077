import { beforeEach, describe, expect, test } from 'vitest';
import { key as keySchema } from '../config/schema-governance.ts';
import { Secret } from '../config/secret.ts';
import type { GatewayError } from '../errors.ts';
import { CachedKeyDirectory, type KeyDirectoryOptions } from './key-directory.ts';
import { hashKey } from './key-hash.ts';
import { FakeSource } from './testing/fake-source.ts';
import { accessRow, customerRow, keyRow, teamRow, userRow } from './testing/rows.ts';

const presented = 'sk-0123456789abcdefghij';
const hash = hashKey(presented);
const startMs = Date.UTC(2026, 10, 21, 12);
let nowMs: number;
let source: FakeSource;

beforeEach(() => {
  nowMs = startMs;
  source = new FakeSource();
  source.keys.set(hash, accessRow({ key: keyRow({ hash, user_id: 'ada', team_id: 'red', budget_id: 'tier' }) }));
});

function directory(options: Partial<KeyDirectoryOptions> = {}): CachedKeyDirectory {
  return new CachedKeyDirectory({ source, now: () => nowMs, masterKey: null, keys: [], onFailure: 'continue', ...options });
}

/** How a key is refused; undefined: it is not. */
async function refusal(find: () => unknown): Promise<GatewayError | undefined> {
  try {
    await find();
    return undefined;
  } catch (error) {
    return error as GatewayError;
  }
}

describe('look-ups', () => {
  test('a key that was seen in the last minute costs none', async () => {
    const keys = directory();
    const first = await keys.find(presented);
    expect(keys.queries).toBe(1);
    nowMs += 59_999;
    expect(keys.find(presented)).toBe(first);
    expect(keys.queries).toBe(1);
  });

  test('an older one is given at once, and looked up once behind its back', async () => {
    const keys = directory();
    const first = await keys.find(presented);
    nowMs += 60_000;
    source.keys.set(hash, accessRow({ key: keyRow({ hash, alias: 'new' }) }));
    expect(keys.find(presented)).toBe(first);
    expect(keys.find(presented)).toBe(first);
    expect(keys.queries).toBe(2);
    await expect.poll(() => keys.find(presented)).toMatchObject({ keyAlias: 'new' });
    expect(keys.queries).toBe(2);
  });

  test('one that could not be looked up for five minutes is no longer given', async () => {
    const keys = directory();
    await keys.find(presented);
    source.key = () => Promise.reject(new Error('statement timeout'));
    for (let minute = 1; minute < 5; minute++) {
      nowMs += 60_000;
      expect(keys.find(presented)).toMatchObject({ keyHash: hash });
      await Promise.resolve();
    }
    nowMs += 60_000;
    expect(await refusal(() => keys.find(presented))).toMatchObject({ code: 'service_unavailable', type: 'no_db_connection' });
  });

  test('many who ask for the same new key at once share one', async () => {
    const keys = directory();
    const all = await Promise.all(Array.from({ length: 100 }, () => keys.find(presented)));
    expect(new Set(all).size).toBe(1);
    expect(keys.queries).toBe(1);
  });

  test('a flood of one wrong key costs one in ten seconds, and a key that is then made works at once', async () => {
    const keys = directory();
    const wrong = 'sk-wrong-wrong-wrong-wrong';
    for (let i = 0; i < 50; i++) expect(await refusal(() => keys.find(wrong))).toMatchObject({ type: 'token_not_found_in_db' });
    expect(keys.queries).toBe(1);
    nowMs += 10_000;
    await refusal(() => keys.find(wrong));
    expect(keys.queries).toBe(2);
    source.keys.set(hashKey(wrong), accessRow({ key: keyRow({ hash: hashKey(wrong) }) }));
    source.announce({ entity: 'key', id: hashKey(wrong) });
    expect(await keys.find(wrong)).toMatchObject({ keyHash: hashKey(wrong) });
  });
});

describe('changes', () => {
  test.each([
    { entity: 'key', id: hash },
    { entity: 'user', id: 'ada' },
    { entity: 'team', id: 'red' },
    { entity: 'member', id: 'red/ada' },
    { entity: 'budget', id: 'tier' },
    { entity: 'key', id: null },
    { entity: 'team', id: null },
  ] as const)('after $entity $id the key is looked up before it is given', async (change) => {
    const keys = directory();
    await keys.find(presented);
    source.keys.delete(hash);
    source.announce(change);
    expect(await refusal(() => keys.find(presented))).toMatchObject({ type: 'token_not_found_in_db' });
  });

  test('what does not concern a key leaves it alone, however often it was loaded anew', async () => {
    const keys = directory();
    await keys.find(presented);
    source.announce({ entity: 'key', id: 'x' }, { entity: 'team', id: 'blue' }, { entity: 'model', id: null });
    await keys.find(presented);
    expect(keys.queries).toBe(1);
    source.announce({ entity: 'user', id: 'ada' });
    await keys.find(presented);
    source.announce({ entity: 'user', id: 'ada' });
    await keys.find(presented);
    expect(keys.queries).toBe(3);
  });

  test('a change while the key is being looked up is not missed', async () => {
    const keys = directory();
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    const asked = keys.find(presented);
    source.keys.set(hash, accessRow({ key: keyRow({ hash, blocked: true }) }));
    source.announce({ entity: 'key', id: hash });
    gate.resolve();
    expect(await refusal(() => asked)).toMatchObject({ message: expect.stringContaining('blocked') });
  });

  test('nothing is heard after the end', async () => {
    const keys = directory();
    const first = await keys.find(presented);
    keys.close();
    source.announce({ entity: 'key', id: hash });
    expect(keys.find(presented)).toBe(first);
  });
});

describe('without the store', () => {
  test('known keys go on without an end, others are told to come back', async () => {
    const keys = directory();
    const first = await keys.find(presented);
    source.state = 'away';
    nowMs += 24 * 3_600_000;
    expect(keys.find(presented)).toMatchObject({ keyHash: (first as { keyHash: string }).keyHash });
    const error = await refusal(() => keys.find('sk-never-seen-before-key'));
    expect(error).toMatchObject({ code: 'service_unavailable', type: 'no_db_connection', retryAfterMs: 5_000 });
    expect(keys.queries).toBe(1);
  });

  test('an expired key does not go on', async () => {
    source.keys.set(hash, accessRow({ key: keyRow({ hash, expires_at: new Date(startMs + 1_000).toISOString() }) }));
    const keys = directory();
    await keys.find(presented);
    source.state = 'away';
    nowMs += 1_000;
    expect(await refusal(() => keys.find(presented))).toMatchObject({ type: 'expired_key', param: 'sk-...abcd' });
  });

  test('with refuse only the master key goes on', async () => {
    const keys = directory({ onFailure: 'refuse', masterKey: new Secret('sk-master-key-of-ours') });
    await keys.find(presented);
    source.state = 'away';
    expect(await refusal(() => keys.find(presented))).toMatchObject({ type: 'no_db_connection' });
    expect(keys.find('sk-master-key-of-ours')).toMatchObject({ isMaster: true });
    source.state = 'connected';
    expect(keys.find(presented)).toMatchObject({ keyHash: hash });
  });

  test('a key that may have changed unseen goes on when the store is gone again before it could be asked', async () => {
    const keys = directory();
    await keys.find(presented);
    source.announce({ entity: 'key', id: null });
    source.state = 'away';
    expect(keys.find(presented)).toMatchObject({ keyHash: hash });
    source.state = 'connected';
    source.keys.delete(hash);
    expect(await refusal(() => keys.find(presented))).toMatchObject({ type: 'token_not_found_in_db' });
  });
});

describe('refusals', () => {
  test('tell what is wrong in LiteLLM’s words and never echo the key', async () => {
    const keys = directory();
    expect(await refusal(() => keys.find(''))).toMatchObject({
      code: 'unauthorized',
      type: 'auth_error',
      message: 'Authentication Error, No api key passed in.',
    });
    expect(await refusal(() => keys.find('nope'))).toMatchObject({
      type: 'auth_error',
      message: "LiteLLM Virtual Key expected. Received=****, expected to start with 'sk-'.",
    });
    const wrong = await refusal(() => keys.find('sk-secret-secret-secret'));
    expect(wrong).toMatchObject({ type: 'token_not_found_in_db', param: 'key' });
    expect(wrong!.message).toMatch(
      /^Authentication Error, Invalid proxy server token passed\. Received API Key = sk-\.\.\.cret, Key Hash/,
    );
    expect(wrong!.message).not.toContain('secret');
    expect((await refusal(() => keys.find('sk-short')))!.message).not.toContain('ort,');
    expect(keys.queries).toBe(2);
  });

  test('a blocked key, a blocked team', async () => {
    const keys = directory();
    source.keys.set(hash, accessRow({ key: keyRow({ hash, blocked: true }) }));
    expect(await refusal(() => keys.find(presented))).toMatchObject({
      type: 'auth_error',
      message: "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.",
    });
    source.keys.set(hash, accessRow({ key: keyRow({ hash, team_id: 'red' }), team: teamRow({ blocked: true }) }));
    source.announce({ entity: 'key', id: hash });
    expect(await refusal(() => keys.find(presented))).toMatchObject({
      type: 'auth_error',
      message: expect.stringContaining('Team=red is blocked'),
    });
  });

  test('a key that expires while it is known', async () => {
    source.keys.set(hash, accessRow({ key: keyRow({ hash, expires_at: '2026-11-21T12:00:10.141+00:00' }) }));
    const keys = directory();
    await keys.find(presented);
    nowMs = startMs + 11_000;
    expect((await refusal(() => keys.find(presented)))!.message).toBe(
      'Authentication Error - Expired Key. Key Expiry time 2026-11-21 12:00:10.141000+00:00 and current time 2026-11-21 12:00:11.000000+00:00',
    );
  });

  test('a rotated key is its successor until it is revoked, and follows its changes', async () => {
    const old = 'sk-old-old-old-old-old-old';
    source.keys.set(hashKey(old), {
      ...accessRow({ key: keyRow({ hash }) }),
      revoke_at: new Date(startMs + 30_000).toISOString(),
    });
    const keys = directory();
    expect(await keys.find(old)).toMatchObject({ keyHash: hash });
    source.announce({ entity: 'key', id: hash });
    await keys.find(old);
    expect(keys.queries).toBe(2);
    nowMs += 30_000;
    expect(await refusal(() => keys.find(old))).toMatchObject({ type: 'token_not_found_in_db' });
  });
});

test('a period that ends while the key is known begins anew without a look-up', async () => {
  const spend = [{ scope: `key:${hash}`, duration: '30s', period_end: '2026-11-21T12:00:30+00:00', spent: 8 }];
  const key = keyRow({ hash, max_budget: 9, budget_duration: '30s' });
  source.keys.set(hash, accessRow({ key, spend }));
  const keys = directory();
  expect((await keys.find(presented)).scopes[0]!.budget).toMatchObject({ spentNanoUsd: 8, periodEndMs: startMs + 30_000 });
  nowMs += 30_000;
  const later = keys.find(presented);
  expect(later).toMatchObject({ scopes: [{ budget: { spentNanoUsd: 0, periodEndMs: startMs + 60_000 } }] });
  expect(keys.find(presented)).toBe(later);
  expect(keys.queries).toBe(1);
});

describe('keys of the configuration', () => {
  const declared = (own: object = {}) =>
    keySchema.parse({
      key: 'sk-declared-declared',
      alias: 'app',
      limits: { budgetUsd: 1, models: { m: { requestsPerMinute: 2 } } },
      ...own,
    });

  test('work without a store, for inference only unless routes are named', async () => {
    const keys = directory({
      source: null,
      keys: [declared(), declared({ key: 'plain-declared-key', routes: ['/v1/*'], user: 'ada' })],
    });
    expect(keys.find('sk-declared-declared')).toMatchObject({
      keyAlias: 'app',
      role: 'user',
      routes: ['llm_api_routes'],
      scopes: [{ kind: 'key', budget: { maxNanoUsd: 1_000_000_000 }, models: { m: { requestsPerMinute: 2 } } }],
    });
    expect(keys.find('plain-declared-key')).toMatchObject({ routes: ['/v1/*'], userId: 'ada' });
    expect(await refusal(() => keys.find('sk-unknown-unknown-unknown'))).toMatchObject({ type: 'token_not_found_in_db' });
    nowMs += 600_000;
    expect(keys.find('sk-declared-declared')).toMatchObject({ keyAlias: 'app' });
  });

  test('have the limits that the store knows of their user and team, and the spend', async () => {
    source.holderRow = {
      user: userRow(),
      team: teamRow({ max_budget: 7 }),
      member: null,
      spend: [{ scope: 'team:red', duration: null, period_end: null, spent: 5 }],
    };
    const keys = directory({ keys: [declared({ team: 'red' })] });
    expect(await keys.find('sk-declared-declared')).toMatchObject({
      scopes: [{ kind: 'key' }, { kind: 'team', budget: { maxNanoUsd: 7, spentNanoUsd: 5 } }],
    });
    keys.find('sk-declared-declared');
    expect(source.asked).toEqual(['holders of red']);
  });

  test('go on while the store is away, and are looked up when it is back', async () => {
    source.state = 'away';
    const keys = directory({ keys: [declared({ team: 'red' })] });
    expect(keys.find('sk-declared-declared')).toMatchObject({ teamId: 'red' });
    source.state = 'connected';
    source.holderRow = { user: null, team: teamRow({ blocked: true }), member: null, spend: [] };
    expect(await refusal(() => keys.find('sk-declared-declared'))).toMatchObject({ type: 'auth_error' });
  });

  test('come and go with a new configuration', async () => {
    const keys = directory({ keys: [declared()] });
    await keys.find('sk-declared-declared');
    keys.configure({ masterKey: null, keys: [], onFailure: 'continue' });
    expect(await refusal(() => keys.find('sk-declared-declared'))).toMatchObject({ type: 'token_not_found_in_db' });
    keys.configure({ masterKey: new Secret('sk-new-master-key'), keys: [declared({ blocked: true })], onFailure: 'continue' });
    expect(await refusal(() => keys.find('sk-declared-declared'))).toMatchObject({ message: expect.stringContaining('blocked') });
    expect(keys.find('sk-new-master-key')).toMatchObject({ isMaster: true });
  });
});

test('the master key is the administrator’s, its spend is counted and not limited', () => {
  const keys = directory({ masterKey: new Secret('anything-that-is-long') });
  expect(keys.find('anything-that-is-long')).toMatchObject({
    role: 'admin',
    isMaster: true,
    userId: 'default_user_id',
    grants: [],
    scopes: [{ kind: 'key', budget: { scope: `key:${hashKey('anything-that-is-long')}`, maxNanoUsd: null } }],
  });
  expect(keys.queries).toBe(0);
});

describe('customers', () => {
  test('cost nothing while there are none', async () => {
    const keys = directory();
    expect(await keys.customer('visitor')).toBeNull();
    expect(keys.customer('visitor')).toBeNull();
    expect(keys.customer('another')).toBeNull();
    expect(source.asked).toEqual(['customers']);
  });

  test('are noticed when the first is made, and their changes too', async () => {
    const keys = directory();
    await keys.customer('visitor');
    source.customers.set('visitor', customerRow({ max_budget: 6, rpm_limit: 2 }));
    source.announce({ entity: 'customer', id: 'visitor' });
    const scope = { kind: 'customer', id: 'visitor', requestsPerMinute: 2, budget: { scope: 'customer:visitor', maxNanoUsd: 6 } };
    expect(await keys.customer('visitor')).toMatchObject(scope);
    expect(keys.customer('visitor')).toMatchObject(scope);
    expect(await keys.customer('stranger')).toBeNull();
    expect(keys.customer('stranger')).toBeNull();
    const before = keys.queries;
    source.customers.set('visitor', customerRow({ blocked: true }));
    source.announce({ entity: 'customer', id: 'visitor' });
    expect(await refusal(() => keys.customer('visitor'))).toMatchObject({ code: 'unauthorized' });
    expect(keys.queries).toBe(before + 2);
  });

  test('go on as they are known while the store is away', async () => {
    source.customers.set('visitor', customerRow({ max_budget: 6 }));
    const keys = directory();
    await keys.customer('visitor');
    source.state = 'away';
    nowMs += 3_600_000;
    expect(keys.customer('visitor')).toMatchObject({ budget: { maxNanoUsd: 6 } });
    expect(keys.customer('stranger')).toBeNull();
    const strict = directory({ onFailure: 'refuse' });
    expect(await refusal(() => strict.customer('visitor'))).toMatchObject({ type: 'no_db_connection' });
    expect(directory({ source: null }).customer('visitor')).toBeNull();
  });

  test('a name that no database can hold is nobody’s, and is not asked for', () => {
    const keys = directory();
    expect(keys.customer('visitor\0')).toBeNull();
    expect(source.asked).toEqual([]);
  });
});
