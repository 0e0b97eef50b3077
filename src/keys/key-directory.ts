import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/schema.ts';
import type { Secret } from '../config/secret.ts';
import type { Access, KeyDirectory, Scope } from '../core/access.ts';
import type { AccessRow, KeySource } from '../store/access-query.ts';
import type { Change } from '../store/store.ts';
import { CachedKey } from './cached-key.ts';
import { CustomerDirectory } from './customer-directory.ts';
import { declaredKey } from './declared-key.ts';
import { DependencyIndex } from './dependency-index.ts';
import { FreshCache } from './fresh-cache.ts';
import { cannotLookUp, noKey, notAKey, unknownKey } from './key-errors.ts';
import { hashKey } from './key-hash.ts';
import { masterAccess } from './master-access.ts';

const mostKeys = 50_000;
const mostUnknown = 10_000;
/** How long a key that is not there is remembered as such, unless it is made. */
const unknownMs = 10_000;
/** How far what was loaded can be trusted. */
const cacheTimings = { freshMs: 60_000, keepMs: 300_000, retryMs: 5_000 };

/** What the configuration says of keys. */
export interface KeySettings {
  masterKey: Secret | null;
  keys: Config['keys'];
  /** Without the store: whether keys that are known go on. */
  onFailure: 'continue' | 'refuse';
}

export interface KeyDirectoryOptions extends KeySettings {
  /** null: only the configuration's keys are known. */
  source: KeySource | null;
  /** Unix milliseconds. */
  now(): number;
}

/**
 * Finds what keys give: the master key, then the configuration's, then the store's. A key that was seen in the last minute costs no look-up; an
 * older one is given at once and looked up behind its back; one that was changed is looked up before it is given. While the store is away, what
 * is known goes on without an end (or, with `onFailure` refuse, only the master key does).
 */
export class CachedKeyDirectory implements KeyDirectory {
  readonly #source: KeySource | null;
  readonly #now: () => number;
  readonly #keys: FreshCache<CachedKey>;
  readonly #unknown = new LRUCache<string, number>({ max: mostUnknown });
  readonly #index = new DependencyIndex();
  readonly #customers: CustomerDirectory;
  readonly #stopListening: () => void;
  #master: { digest: Buffer; access: Access } | null = null;
  #declared = new Map<string, AccessRow['key']>();
  #onFailure: KeySettings['onFailure'] = 'continue';
  #queries = 0;

  constructor({ source, now, ...settings }: KeyDirectoryOptions) {
    this.#source = source;
    this.#now = now;
    this.#keys = new FreshCache({
      ...cacheTimings,
      max: mostKeys,
      now,
      onKeep: (hash, key) => this.#index.add(hash, key.dependencies),
      onDrop: (hash, key) => this.#index.remove(hash, key.dependencies),
    });
    this.#customers = new CustomerDirectory(source, now);
    this.#stopListening = source?.onChange((change) => this.#onChange(change)) ?? (() => undefined);
    this.configure(settings);
  }

  /** Statements that were sent to the store. */
  get queries(): number {
    return this.#queries + this.#customers.queries;
  }

  /** Takes over a new configuration: from now on its keys are known and those that it no longer has are not. */
  configure({ masterKey, keys, onFailure }: KeySettings): void {
    const before = this.#declared;
    const hash = masterKey === null ? null : hashKey(masterKey.reveal());
    this.#master = hash === null ? null : { digest: Buffer.from(hash, 'hex'), access: masterAccess(hash) };
    this.#declared = new Map(keys.map(declaredKey).map((key) => [key.hash, key]));
    this.#onFailure = onFailure;
    this.#customers.onFailure = onFailure;
    for (const changed of [...before.keys(), ...this.#declared.keys()]) this.#keys.drop(changed);
    this.#keys.outdateFlights();
  }

  find(presentedKey: string): Access | Promise<Access> {
    if (presentedKey === '') throw noKey();
    const hash = hashKey(presentedKey);
    const master = this.#master;
    if (master !== null && timingSafeEqual(Buffer.from(hash, 'hex'), master.digest)) return master.access;
    const isAway = this.#source?.state === 'away';
    if (isAway && this.#onFailure === 'refuse') throw cannotLookUp(undefined);
    const found = this.#keys.find(hash);
    if (found !== undefined && (isAway || found.freshness !== 'unconfirmed')) {
      if (found.freshness !== 'fresh' && this.#source !== null && !isAway) this.#keys.refresh(hash, () => this.#fetch(hash));
      return this.#admit(found.value, presentedKey, hash);
    }
    const isDeclared = this.#declared.has(hash);
    if (!isDeclared && !presentedKey.startsWith('sk-')) throw notAKey();
    if (!isDeclared && (this.#source === null || this.#isKnownMissing(hash))) throw unknownKey(presentedKey, hash);
    if (isAway && !isDeclared) throw cannotLookUp(undefined);
    if (this.#source === null || isAway) return this.#admit(this.#declaredAlone(hash), presentedKey, hash);
    return this.#load(presentedKey, hash);
  }

  customer(id: string): Scope | null | Promise<Scope | null> {
    return this.#customers.find(id);
  }

  /**
   * What the key of this hash is, blocked and expired ones included: for showing it, not for letting anybody in. Null: there is none.
   * @throws GatewayError `service_unavailable` while the store is away
   */
  async describe(hash: string): Promise<Access | null> {
    if (this.#master?.access.keyHash === hash) return this.#master.access;
    if (this.#source === null && this.#declared.has(hash)) return this.#declaredAlone(hash).describedAt(this.#now());
    const key = await this.#fetch(hash).catch((cause: unknown) => {
      throw cannotLookUp(cause);
    });
    return key?.describedAt(this.#now()) ?? null;
  }

  /** What was loaded may be old: the next request with a key looks it up before it goes on. */
  distrustAll(): void {
    this.#keys.distrustAll();
  }

  /** There may be newer figures of what was spent: keys go on, and are looked up behind the back of the next request with each. */
  refreshAll(): void {
    this.#keys.ageAll();
  }

  close(): void {
    this.#stopListening();
  }

  async #load(presentedKey: string, hash: string): Promise<Access> {
    const key = await this.#keys.load(hash, () => this.#fetch(hash)).catch((error: unknown) => this.#withoutStore(hash, error));
    if (key !== undefined) return this.#admit(key, presentedKey, hash);
    this.#unknown.set(hash, this.#now() + unknownMs);
    throw unknownKey(presentedKey, hash);
  }

  /** The store went away while it was asked: what was known before goes on. */
  #withoutStore(hash: string, cause: unknown): CachedKey {
    if (this.#source?.state === 'away' && this.#onFailure === 'continue') {
      const known = this.#keys.find(hash)?.value ?? (this.#declared.has(hash) ? this.#declaredAlone(hash) : undefined);
      if (known !== undefined) return known;
    }
    throw cannotLookUp(cause);
  }

  async #fetch(hash: string): Promise<CachedKey | undefined> {
    const source = this.#source;
    if (source === null) return undefined;
    this.#queries++;
    const declared = this.#declared.get(hash);
    const row = declared === undefined ? await source.key(hash) : await this.#holdersOf(source, declared);
    if (row === null) return undefined;
    return new CachedKey(hash, row, this.#now());
  }

  async #holdersOf(source: KeySource, key: AccessRow['key']): Promise<AccessRow> {
    const { hash, user_id: userId, team_id: teamId, model_limits: modelLimits } = key;
    return { ...(await source.holders({ hash, userId, teamId, modelLimits })), key, budget: null, revoke_at: null };
  }

  /** A key of the configuration without what the store knows of its user and team. */
  #declaredAlone(hash: string): CachedKey {
    const key = this.#declared.get(hash);
    if (key === undefined) throw cannotLookUp(undefined);
    const row = { key, user: null, team: null, member: null, budget: null, spend: [], revoke_at: null };
    const cached = new CachedKey(hash, row, this.#now());
    // With a store it is looked up as soon as there is one again.
    if (this.#source === null) this.#keys.set(hash, cached);
    return cached;
  }

  #admit(key: CachedKey, presentedKey: string, hash: string): Access {
    const nowMs = this.#now();
    if (key.revokeAtMs > nowMs) return key.accessAt(nowMs);
    this.#keys.drop(hash);
    throw unknownKey(presentedKey, hash);
  }

  #isKnownMissing(hash: string): boolean {
    const untilMs = this.#unknown.get(hash);
    return untilMs !== undefined && this.#now() < untilMs;
  }

  #onChange({ entity, id }: Change): void {
    if (entity === 'model') return;
    if (entity === 'customer' || entity === 'budget') this.#customers.onChange(entity === 'customer' ? id : null);
    if (entity === 'customer') return;
    if (entity === 'key') {
      if (id === null) this.#unknown.clear();
      else this.#unknown.delete(id);
    }
    if (id === null) {
      this.#keys.distrustAll();
      return;
    }
    for (const hash of this.#index.of(`${entity}:${id}`)) this.#keys.drop(hash);
    this.#keys.outdateFlights();
  }
}
