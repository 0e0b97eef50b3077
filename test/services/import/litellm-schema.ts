/** LiteLLM's tables as far as an import reads them, and columns that it must not read, as `schema.prisma` has them in 2025-03. */
const limits = `"max_budget" double precision, "budget_duration" text, "max_parallel_requests" integer, "rpm_limit" bigint, "tpm_limit" bigint`;
const stamps = (maker: string) => `
  "created_at" timestamp(3) not null default current_timestamp, "created_by" text ${maker},
  "updated_at" timestamp(3) not null default current_timestamp, "updated_by" text ${maker}`;
const holder = `"spend" double precision not null default 0, "budget_reset_at" timestamp(3), "models" text[],
  "metadata" jsonb not null default '{}', "model_spend" jsonb not null default '{}', "model_max_budget" jsonb not null default '{}'`;

/** A version of 2025-03. */
export const baseline = `
  create table "LiteLLM_BudgetTable" ("budget_id" text primary key, ${limits}, "soft_budget" double precision, "model_max_budget" jsonb,
    "budget_reset_at" timestamp(3), ${stamps('not null')});
  create table "LiteLLM_OrganizationTable" ("organization_id" text primary key, "organization_alias" text not null, "budget_id" text not null,
    "metadata" jsonb not null default '{}', "models" text[], "spend" double precision not null default 0);
  create table "LiteLLM_ModelTable" ("id" serial primary key, "aliases" jsonb);
  create table "LiteLLM_ProxyModelTable" ("model_id" text primary key, "model_name" text not null, "litellm_params" jsonb not null,
    "model_info" jsonb, ${stamps('not null')});
  create table "LiteLLM_TeamTable" ("team_id" text primary key, "team_alias" text, "organization_id" text, "admins" text[], "members" text[],
    "members_with_roles" jsonb not null default '{}', ${limits}, ${holder}, "blocked" boolean not null default false, "model_id" integer,
    "created_at" timestamp(3) not null default current_timestamp, "updated_at" timestamp(3) not null default current_timestamp);
  create table "LiteLLM_UserTable" ("user_id" text primary key, "user_alias" text, "team_id" text, "sso_user_id" text, "organization_id" text,
    "password" text, "teams" text[] default array[]::text[], "user_role" text, ${limits}, "user_email" text, ${holder},
    "allowed_cache_controls" text[] default array[]::text[],
    "created_at" timestamp(3) default current_timestamp, "updated_at" timestamp(3) default current_timestamp);
  create table "LiteLLM_VerificationToken" ("token" text primary key, "key_name" text, "key_alias" text,
    "soft_budget_cooldown" boolean not null default false, "expires" timestamp(3), "aliases" jsonb not null default '{}',
    "config" jsonb not null default '{}', "user_id" text, "team_id" text, "permissions" jsonb not null default '{}', ${limits}, ${holder},
    "blocked" boolean, "allowed_cache_controls" text[] default array[]::text[], "budget_id" text, "organization_id" text,
    "created_at" timestamp(3) default current_timestamp, "created_by" text, "updated_at" timestamp(3) default current_timestamp, "updated_by" text);
  create table "LiteLLM_EndUserTable" ("user_id" text primary key, "alias" text, "spend" double precision not null default 0,
    "allowed_model_region" text, "default_model" text, "budget_id" text, "blocked" boolean not null default false);
  create table "LiteLLM_TeamMembership" ("user_id" text not null, "team_id" text not null, "spend" double precision not null default 0,
    "budget_id" text, primary key ("user_id", "team_id"));
  create table "LiteLLM_SpendLogs" ("request_id" text primary key, "call_type" text not null, "api_key" text not null default '',
    "spend" double precision not null default 0, "total_tokens" integer not null default 0, "prompt_tokens" integer not null default 0,
    "completion_tokens" integer not null default 0, "startTime" timestamp(3) not null, "endTime" timestamp(3) not null,
    "completionStartTime" timestamp(3), "model" text not null default '', "model_id" text default '', "model_group" text default '',
    "custom_llm_provider" text default '', "api_base" text default '', "user" text default '', "metadata" jsonb default '{}',
    "cache_hit" text default '', "cache_key" text default '', "request_tags" jsonb default '[]', "team_id" text, "end_user" text,
    "requester_ip_address" text, "messages" jsonb default '{}', "response" jsonb default '{}');`;

/** What later versions added. */
export const newer = `
  create table "LiteLLM_ObjectPermissionTable" ("object_permission_id" text primary key, "mcp_servers" text[] default array[]::text[],
    "vector_stores" text[] default array[]::text[]);
  alter table "LiteLLM_VerificationToken" add "allowed_routes" text[] default array[]::text[], add "router_settings" jsonb default '{}',
    add "agent_id" text, add "project_id" text, add "policies" text[] default array[]::text[], add "access_group_ids" text[] default array[]::text[],
    add "object_permission_id" text, add "last_active" timestamp(3), add "rotation_count" integer default 0, add "auto_rotate" boolean default false,
    add "rotation_interval" text, add "last_rotation_at" timestamp(3), add "key_rotation_at" timestamp(3), add "budget_limits" jsonb;
  create table "LiteLLM_DeprecatedVerificationToken" ("id" text primary key, "token" text unique not null, "active_token_id" text not null,
    "revoke_at" timestamp(3) not null, "created_at" timestamp(3) not null default current_timestamp);
  alter table "LiteLLM_UserTable" add "policies" text[] default array[]::text[], add "object_permission_id" text;
  alter table "LiteLLM_TeamTable" add "soft_budget" double precision, add "team_member_permissions" text[] default array[]::text[],
    add "router_settings" jsonb default '{}', add "access_group_ids" text[] default array[]::text[], add "policies" text[] default array[]::text[],
    add "default_team_member_models" text[] default array[]::text[], add "budget_limits" jsonb, add "object_permission_id" text,
    add "allow_team_guardrail_config" boolean not null default false;
  alter table "LiteLLM_TeamMembership" add "total_spend" double precision not null default 0;
  alter table "LiteLLM_BudgetTable" add "allowed_models" text[] default array[]::text[];
  alter table "LiteLLM_ProxyModelTable" add "blocked" boolean not null default false;
  alter table "LiteLLM_SpendLogs" add "request_duration_ms" integer, add "organization_id" text, add "session_id" text, add "status" text,
    add "agent_id" text, add "mcp_namespaced_tool_name" text, add "proxy_server_request" jsonb default '{}';`;

/** A role that may read what an import reads, and nothing that it must not. */
export const reader = `
  create role "reader" login;
  grant usage on schema public to "reader";
  do $$ declare one record; begin
    for one in select table_name, string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
      where table_schema = 'public' and table_name like 'LiteLLM%'
        and column_name not in ('messages', 'response', 'proxy_server_request', 'password') group by table_name
    loop execute format('grant select (%s) on %I to "reader"', one.columns, one.table_name); end loop;
  end $$;`;
