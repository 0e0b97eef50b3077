import type { SourceRow } from './source.ts';
import { isEmpty, objectOf } from './values.ts';

/** Columns that restrict their holder to less than its other columns say, and that nothing here enforces. */
const columns: Readonly<Record<string, string>> = {
  allowed_cache_controls: 'allowed_cache_controls',
  policies: 'policies',
  access_group_ids: 'access groups (access_group_ids)',
  budget_limits: 'several budgets at once (budget_limits)',
  object_permission_id: 'permissions on objects (object_permission_id)',
  project_id: 'a project (project_id)',
  agent_id: 'an agent (agent_id)',
  default_team_member_models: 'models of members (default_team_member_models)',
  allowed_model_region: 'a region (allowed_model_region)',
  allowed_models: 'models of a budget (allowed_models)',
};

/** The same within `metadata`. */
const inMetadata = [
  'enforced_params',
  'policies',
  'tag_rpm_limit',
  'tag_tpm_limit',
  'mcp_rpm_limit',
  'allowed_vector_store_indexes',
  'allowed_model_region',
];

/**
 * Rows of keys, users or teams without a reference to permissions on objects that permit and forbid nothing.
 */
export function withoutEmptyPermissions(rows: readonly SourceRow[], permissions: readonly SourceRow[]): SourceRow[] {
  const empty = new Set(
    permissions
      .filter((row) => Object.entries(row).every(([name, value]) => name === 'object_permission_id' || isEmpty(value)))
      .map((row) => row['object_permission_id']),
  );
  return rows.map((row) => (empty.has(row['object_permission_id']) ? { ...row, object_permission_id: null } : row));
}

/** What restricts a holder and cannot be enforced here, in words. */
export function restrictionsOf(row: SourceRow): string[] {
  const found = Object.entries(columns).filter(([name]) => !isEmpty(row[name]));
  const metadata = objectOf(row, 'metadata');
  return [
    ...found.map(([, words]) => words),
    ...inMetadata.filter((name) => !isEmpty(metadata[name])).map((name) => `metadata.${name}`),
  ];
}

/** Names in `metadata` that act here, and stand in columns of their own. */
const lifted = ['tags', 'guardrails', 'model_rpm_limit', 'model_tpm_limit', 'temp_budget_increase', 'temp_budget_expiry'];
/** Settings of callbacks, with their secrets. */
const callbacks = ['logging', 'callback_settings'];

/** A row's metadata without what acts, and without settings of callbacks; whether it had any of these. */
export function restOfMetadata(row: SourceRow): { metadata: Record<string, unknown>; hadCallbacks: boolean } {
  const metadata = objectOf(row, 'metadata');
  const hadCallbacks = callbacks.some((name) => !isEmpty(metadata[name]));
  for (const name of [...lifted, ...callbacks]) delete metadata[name];
  return { metadata, hadCallbacks };
}
