import { z } from 'zod';

/** A field of LiteLLM's that this gateway does not act on. */
interface ForeignField {
  /** What answers give for it: LiteLLM's value where nobody set it. */
  neutral: unknown;
  /** `refused`: it restricts or grants something, so that ignoring it would be wrong; `kept`: stored and given back. */
  given: 'refused' | 'kept';
}

const refused = (neutral: unknown): ForeignField => ({ neutral, given: 'refused' });
const kept = (neutral: unknown): ForeignField => ({ neutral, given: 'kept' });

/** Every field of LiteLLM's keys, users and teams that has no meaning here, with the value that answers give for it. */
export const foreignFields = {
  agent_id: refused(null),
  project_id: refused(null),
  organization_id: refused(null),
  object_permission: refused(null),
  object_permission_id: refused(null),
  permissions: refused({}),
  allowed_cache_controls: refused([]),
  access_group_ids: refused([]),
  policies: refused([]),
  budget_limits: refused(null),
  budget_fallbacks: refused({}),
  enforced_params: refused(null),
  allowed_passthrough_routes: refused(null),
  allowed_vector_store_indexes: refused(null),
  allowed_model_region: refused(null),
  mcp_rpm_limit: refused(null),
  tag_rpm_limit: refused(null),
  rpm_limit_type: refused(null),
  tpm_limit_type: refused(null),
  throttle_on_budget_exceeded: refused(null),
  disable_global_guardrails: refused(null),
  auto_rotate: refused(false),
  rotation_interval: refused(null),
  default_team_member_models: refused([]),
  allow_team_guardrail_config: refused(false),
  team_member_key_duration: refused(null),
  config: kept({}),
  router_settings: kept({}),
  prompts: kept(null),
  default_estimated_output_tokens: kept(null),
  default_estimated_output_tokens_per_model: kept(null),
  enable_prompt_caching: kept(null),
  soft_budget_cooldown: kept(false),
  sso_user_id: kept(null),
  default_model: kept(null),
} as const satisfies Record<string, ForeignField>;

export type ForeignName = keyof typeof foreignFields;

/** The values that answers give for these fields where nobody set them. */
export function neutralValues(wanted: readonly ForeignName[]): Record<string, unknown> {
  return Object.fromEntries(wanted.map((name) => [name, foreignFields[name].neutral]));
}

function isNeutral(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const reason = 'is not supported: this gateway cannot enforce it; leave it out';

/** Schema fields that refuse what would restrict or grant and cannot: for every request of the admin API. */
export const refusals: object = Object.fromEntries(
  Object.entries(foreignFields)
    .filter(([, { given }]) => given === 'refused')
    .map(([name]) => [name, z.unknown().refine(isNeutral, reason).optional()]),
);

/** Names that nobody gives to something harmless. */
const restricting =
  /(^|_)(allow|allowed|enforced?|deny|denied|block|blocked|max|min|limits?|budgets?|permissions?|restrict\w*|expir\w*)(_|$)/;

/** Refuses fields that are unknown and read like a limit: a typing error there would leave a door open. */
export function refuseUnknownLimits(known: readonly string[]): (body: Record<string, unknown>, context: z.RefinementCtx) => void {
  const expected = new Set([...known, ...Object.keys(foreignFields)]);
  return (body, context) => {
    for (const [name, value] of Object.entries(body)) {
      if (expected.has(name) || isNeutral(value) || !restricting.test(name)) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is unknown and reads like a limit; check its spelling or leave it out',
      });
    }
  };
}

/** What of a body is kept beside the fields that have a meaning. */
export function keptFields(body: Record<string, unknown>, known: ReadonlySet<string>): Record<string, unknown> {
  const isKept = (name: string) => !known.has(name) && (foreignFields as Record<string, ForeignField>)[name]?.given !== 'refused';
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => isKept(name) && value !== undefined));
}
