import type { Kysely } from 'kysely';
import { sql } from 'kysely';

const limits = `
  rpm_limit bigint, tpm_limit bigint, max_parallel_requests bigint,
  max_budget bigint, soft_budget bigint, budget_duration text, budget_anchor timestamptz not null default now(),
  model_limits jsonb not null default '{}'`;
const stamps = `
  created_at timestamptz not null default now(), created_by text, updated_at timestamptz not null default now(), updated_by text`;

const statements = [
  `create table keys (
    hash text primary key check (hash ~ '^[0-9a-f]{64}$'), name text not null, alias text unique, user_id text, team_id text, budget_id text,
    models text[] not null default '{}', allowed_routes text[] not null default '{}', key_type text not null default 'default',
    aliases jsonb not null default '{}', tags text[] not null default '{}', guardrails text[] not null default '{}',
    metadata jsonb not null default '{}', expires_at timestamptz, blocked boolean not null default false,
    temp_budget_increase bigint, temp_budget_expiry timestamptz, extra jsonb not null default '{}', ${limits}, ${stamps})`,
  'create index keys_user on keys (user_id)',
  'create index keys_team on keys (team_id)',
  'create index keys_created on keys (created_at desc, hash)',
  'create table retired_keys (hash text primary key, key_hash text not null references keys on delete cascade, revoke_at timestamptz not null)',
  `create table users (
    id text primary key, email text, alias text, role text not null default 'internal_user', models text[] not null default '{}',
    metadata jsonb not null default '{}', extra jsonb not null default '{}', ${limits}, ${stamps})`,
  'create unique index users_email on users (lower(email))',
  `create table teams (
    id text primary key, alias text, models text[] not null default '{}', model_aliases jsonb not null default '{}',
    blocked boolean not null default false, tags text[] not null default '{}', guardrails text[] not null default '{}',
    metadata jsonb not null default '{}', member_defaults jsonb not null default '{}', member_permissions text[] not null default '{}',
    extra jsonb not null default '{}', ${limits}, ${stamps})`,
  `create table members (
    team_id text not null references teams on delete cascade, user_id text not null, role text not null default 'user', max_budget bigint,
    budget_duration text, budget_anchor timestamptz not null default now(), rpm_limit bigint, tpm_limit bigint,
    created_at timestamptz not null default now(), primary key (team_id, user_id))`,
  'create index members_user on members (user_id)',
  `create table budgets (id text primary key, ${limits}, ${stamps})`,
  `create table customers (
    id text primary key, alias text, blocked boolean not null default false, budget_id text, extra jsonb not null default '{}',
    ${limits}, ${stamps})`,
  `create table models (
    id text primary key, name text not null, params jsonb not null, info jsonb not null default '{}', blocked boolean not null default false,
    ${stamps})`,
  'create table spend (scope text primary key, duration text, period_end timestamptz, spent bigint not null default 0)',
  `create table ledger (
    id text primary key, request_id text not null, started_at timestamptz not null, ended_at timestamptz not null,
    first_byte_ms double precision, key_hash text, key_alias text, user_id text, team_id text, customer_id text,
    tags text[] not null default '{}', operation text not null, is_streaming boolean not null, original_model text not null,
    model text not null, response_model text not null, backend text not null, provider text not null, prompt_tokens bigint not null,
    completion_tokens bigint not null, cached_tokens bigint not null, is_estimated boolean not null, cost bigint not null,
    http_status integer not null, error_code text, ip text)`,
  'create index ledger_started on ledger (started_at)',
  'create index ledger_key on ledger (key_hash, started_at)',
  'create index ledger_request on ledger (request_id)',
  'create index ledger_user on ledger (user_id, started_at)',
  'create index ledger_team on ledger (team_id, started_at)',
  'create table ledger_batches (id text primary key, written_at timestamptz not null default now())',
  `create table daily_spend (
    day date not null, key_hash text not null, user_id text not null, team_id text not null, customer_id text not null,
    model text not null, provider text not null, requests bigint not null, failed_requests bigint not null,
    prompt_tokens bigint not null, completion_tokens bigint not null, cached_tokens bigint not null, cost bigint not null,
    primary key (day, key_hash, user_id, team_id, customer_id, model, provider))`,
  `create table audit (
    id bigint generated always as identity primary key, at timestamptz not null default now(), actor text not null,
    actor_role text not null, action text not null, entity text not null, entity_id text not null, before jsonb, after jsonb,
    request_id text)`,
  'create index audit_entity on audit (entity, entity_id, at desc)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
