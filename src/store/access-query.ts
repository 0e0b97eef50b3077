import type { RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type {
  BudgetTable,
  CustomerTable,
  KeyTable,
  MemberTable,
  ModelLimitJson,
  SpendTable,
  TeamTable,
  UserTable,
} from './schema.ts';
import type { Change, Store } from './store.ts';

/** A row as JSON has it: times are texts with a zone. */
export type JsonRow<Table> = {
  [Column in keyof Selectable<Table>]: Selectable<Table>[Column] extends Date
    ? string
    : Selectable<Table>[Column] extends Date | null
      ? string | null
      : Selectable<Table>[Column];
};

/** Everything that decides what a key may do, read in one statement. */
export interface AccessRow {
  key: JsonRow<KeyTable>;
  user: JsonRow<UserTable> | null;
  team: JsonRow<TeamTable> | null;
  member: JsonRow<MemberTable> | null;
  /** The budget that the key refers to. */
  budget: JsonRow<BudgetTable> | null;
  /** The counters of all of them, and of the models that they limit. */
  spend: readonly JsonRow<SpendTable>[];
  /** Until when a rotated key leads here; null: the key itself was asked for. */
  revoke_at: string | null;
}

/** What the store knows of the holders of a key that it does not hold itself. */
export type HolderRow = Omit<AccessRow, 'key' | 'budget' | 'revoke_at'>;

/** An end user's limits. */
export interface CustomerRow {
  customer: JsonRow<CustomerTable>;
  budget: JsonRow<BudgetTable> | null;
  spend: readonly JsonRow<SpendTable>[];
}

/** A key that is declared elsewhere, as far as the store must know it. */
export interface DeclaredKey {
  hash: string;
  userId: string | null;
  teamId: string | null;
  modelLimits: Record<string, ModelLimitJson>;
}

/** Where keys are looked up. Each look-up is one statement. */
export interface KeySource {
  readonly state: 'connected' | 'away';
  onChange(listener: (change: Change) => void): () => void;
  /** `hash` may be that of a rotated key: the row is then its successor's. null: there is no such key. */
  key(hash: string): Promise<AccessRow | null>;
  holders(key: DeclaredKey): Promise<HolderRow>;
  customer(id: string): Promise<CustomerRow | null>;
  hasCustomers(): Promise<boolean>;
}

/** Looks keys up in the store. */
export function storeKeySource(store: Store): KeySource {
  return {
    get state() {
      return store.state;
    },
    onChange: (listener) => store.onChange(listener),
    key: async (hash) => {
      const { rows } = await accessQuery(storedKey(hash)).execute(store.db);
      return rows[0] ?? null;
    },
    holders: async (key) => {
      const { rows } = await accessQuery(declaredKey(key)).execute(store.db);
      return rows[0] ?? { user: null, team: null, member: null, spend: [] };
    },
    customer: async (id) => {
      const { rows } = await customerQuery(id).execute(store.db);
      return rows[0] ?? null;
    },
    hasCustomers: async () => {
      const { rows } = await sql<{ has: boolean }>`select exists (select from customers) as has`.execute(store.db);
      return rows[0]?.has === true;
    },
  };
}

/** The key of a hash, or the one that a rotated key led to. */
function storedKey(hash: string): RawBuilder<unknown> {
  return sql`
    select keys.*, null::timestamptz as revoke_at from keys where hash = ${hash}
    union all
    select keys.*, retired_keys.revoke_at from retired_keys join keys on keys.hash = retired_keys.key_hash
    where retired_keys.hash = ${hash} and not exists (select from keys where hash = ${hash})`;
}

function declaredKey({ hash, userId, teamId, modelLimits }: DeclaredKey): RawBuilder<unknown> {
  return sql`
    select ${hash}::text as hash, ${userId}::text as user_id, ${teamId}::text as team_id, null::text as budget_id,
      ${JSON.stringify(modelLimits)}::jsonb as model_limits, null::timestamptz as revoke_at`;
}

function accessQuery(key: RawBuilder<unknown>): RawBuilder<AccessRow> {
  return sql<AccessRow>`
    with found as (${key})
    select to_jsonb(found) as key, to_jsonb(users) as "user", to_jsonb(teams) as team, to_jsonb(members) as member,
      to_jsonb(budgets) as budget, to_jsonb(found.revoke_at) as revoke_at,
      (
        select coalesce(jsonb_agg(to_jsonb(spend)), '[]') from spend where scope = any (
          array[
            'key:' || found.hash, 'user:' || found.user_id, 'team:' || found.team_id,
            'member:' || found.team_id || '/' || found.user_id
          ]
          || array(select 'key:' || found.hash || ':model:' || name from jsonb_object_keys(found.model_limits) name)
          || array(select 'key:' || found.hash || ':model:' || name from jsonb_object_keys(budgets.model_limits) name)
          || array(select 'user:' || users.id || ':model:' || name from jsonb_object_keys(users.model_limits) name)
          || array(select 'team:' || teams.id || ':model:' || name from jsonb_object_keys(teams.model_limits) name)
        )
      ) as spend
    from found
    left join users on users.id = found.user_id
    left join teams on teams.id = found.team_id
    left join members on members.team_id = found.team_id and members.user_id = found.user_id
    left join budgets on budgets.id = found.budget_id`;
}

function customerQuery(id: string): RawBuilder<CustomerRow> {
  return sql<CustomerRow>`
    select to_jsonb(customers) as customer, to_jsonb(budgets) as budget,
      (
        select coalesce(jsonb_agg(to_jsonb(spend)), '[]') from spend where scope = any (
          array['customer:' || customers.id]
          || array(select 'customer:' || customers.id || ':model:' || name from jsonb_object_keys(customers.model_limits) name)
          || array(select 'customer:' || customers.id || ':model:' || name from jsonb_object_keys(budgets.model_limits) name)
        )
      ) as spend
    from customers left join budgets on budgets.id = customers.budget_id
    where customers.id = ${id}`;
}
