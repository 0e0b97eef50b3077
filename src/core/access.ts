/** What a caller may do with the admin API. */
export type Role = 'admin' | 'admin_viewer' | 'user' | 'viewer';

/** Whose limits a limit is. */
export type ScopeKind = 'key' | 'user' | 'team' | 'member' | 'customer' | 'model' | 'ip' | 'global';

/** Money that a scope may spend in a period, and the name of the counter that adds it up. */
export interface Budget {
  /** Name of the counter, e.g. `key:<hash>`, `team:<id>`, `member:<team>/<user>`, `key:<hash>:model:<name>`. Equal in ledger, store and limiter. */
  scope: string;
  /** null: spend is counted, not limited; 0: nothing may be spent. */
  maxNanoUsd: number | null;
  /** Passing it is told (metrics, log, audit), never refused. */
  softNanoUsd: number | null;
  /** `30s`, `12h`, `1d`, `7d`, `30d`, `1mo`; null: never resets. */
  duration: string | null;
  /** From when rolling periods are counted, Unix milliseconds. */
  anchorMs: number;
  /** End of the period that `spentNanoUsd` belongs to, Unix milliseconds; null: never. */
  periodEndMs: number | null;
  /** Spent in that period, as the store knew when this was loaded. The limiter may know more, never less. */
  spentNanoUsd: number;
}

/** Limits on one model within a scope. */
export interface ModelLimits {
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  /** null: spend on this model is not counted apart. */
  budget: Budget | null;
}

/** One holder of limits. null: no limit; 0: nothing. */
export interface Scope {
  kind: ScopeKind;
  id: string;
  /** How messages name it: an alias, else a masked id. */
  label: string;
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  maxParallel: number | null;
  /** null: this scope's spend is not counted (model, ip). */
  budget: Budget | null;
  /** By request model. */
  models: Readonly<Record<string, ModelLimits>>;
}

/** A list of models that a holder may use; wildcards as in `openai/*` and `*`. */
export interface ModelGrant {
  kind: 'key' | 'team' | 'user';
  label: string;
  models: readonly string[];
}

/** Everything that one presented key gives, resolved once and then cached: admission needs no further look-up. Immutable. */
export interface Access {
  /** SHA-256 of the whole key in lower-case hex; null: the gateway asks for no key. */
  keyHash: string | null;
  keyAlias: string | null;
  /** `sk-...` and the last four characters. */
  keyName: string | null;
  role: Role;
  isMaster: boolean;
  userId: string | null;
  teamId: string | null;
  /** Unix milliseconds; null: never. Checked at every request. */
  expiresAtMs: number | null;
  /** All must allow the model; none: every model. */
  grants: readonly ModelGrant[];
  /** Route patterns the key may use; null: all that its role may. */
  routes: readonly string[] | null;
  /** Key, user, team and member, in this order, where they are; without model, customer, ip and global. */
  scopes: readonly Scope[];
  /** The key's own names for models. */
  modelAliases: Readonly<Record<string, string>>;
  /** Guardrails that run for this key besides those that always do. */
  guardrails: readonly string[];
  tags: readonly string[];
  metadata: Readonly<Record<string, unknown>>;
}

/** Finds what presented keys give. Answers at once for a key that was seen in the last minute; asks the store for others. */
export interface KeyDirectory {
  /**
   * @throws GatewayError `unauthorized` (type `auth_error`, `token_not_found_in_db`, `expired_key`), or `service_unavailable` (type
   * `no_db_connection`) for a key that is not known here while the store is away
   */
  find(presentedKey: string): Access | Promise<Access>;
  /** Limits of an end user (`user` of a request); null: it has none of its own. */
  customer(id: string): Scope | null | Promise<Scope | null>;
}
