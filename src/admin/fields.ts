import { toNanoUsd, toUsd } from '../money/usd.ts';

/**
 * How a column relates to its wire field. `usd`: nano-dollars and dollars. `value`: the same on both sides. `flag`, `list`, `map`: never null in
 * the database; a map is written as JSON text.
 */
type Kind = 'usd' | 'value' | 'flag' | 'list' | 'map';

interface Field {
  wire: string;
  column: string;
  kind: Kind;
  /** What null on the wire means, where the column takes no null. */
  orElse?: string;
}

const field = (wire: string, kind: Kind = 'value', column = wire): Field => ({ wire, column, kind });

/** Fields of everything that has limits. Limits by model have a form of their own: `model-limits.ts`. */
export const limitFields: readonly Field[] = [
  field('max_budget', 'usd'),
  field('soft_budget', 'usd'),
  field('budget_duration'),
  field('max_parallel_requests'),
  field('rpm_limit'),
  field('tpm_limit'),
];

export const keyFields: readonly Field[] = [
  ...limitFields,
  field('key_alias', 'value', 'alias'),
  field('user_id'),
  field('team_id'),
  field('budget_id'),
  field('models', 'list'),
  field('aliases', 'map'),
  field('metadata', 'map'),
  field('tags', 'list'),
  field('guardrails', 'list'),
  field('allowed_routes', 'list'),
  field('blocked', 'flag'),
  { ...field('key_type'), orElse: 'default' },
  field('temp_budget_increase', 'usd'),
];

/** Whoever was made without a role sees its own and changes nothing. */
export const defaultUserRole = 'internal_user_viewer';

export const userFields: readonly Field[] = [
  ...limitFields,
  field('user_email', 'value', 'email'),
  field('user_alias', 'value', 'alias'),
  { ...field('user_role', 'value', 'role'), orElse: defaultUserRole },
  field('models', 'list'),
  field('metadata', 'map'),
];

export const teamFields: readonly Field[] = [
  ...limitFields,
  field('team_alias', 'value', 'alias'),
  field('models', 'list'),
  field('model_aliases', 'map'),
  field('blocked', 'flag'),
  field('tags', 'list'),
  field('guardrails', 'list'),
  field('metadata', 'map'),
  field('team_member_permissions', 'list', 'member_permissions'),
];

export const customerFields: readonly Field[] = [...limitFields, field('alias'), field('blocked', 'flag'), field('budget_id')];

export const memberFields: readonly Field[] = [
  field('role'),
  field('max_budget_in_team', 'usd', 'max_budget'),
  field('budget_duration'),
  field('rpm_limit'),
  field('tpm_limit'),
];

/** What a member gets who has no limits of its own, in the team's `member_defaults`. */
export const memberDefaultFields: readonly Field[] = [
  field('team_member_budget', 'usd', 'max_budget'),
  field('team_member_budget_duration', 'value', 'budget_duration'),
  field('team_member_rpm_limit', 'value', 'rpm_limit'),
  field('team_member_tpm_limit', 'value', 'tpm_limit'),
];

type Values = Readonly<Record<string, unknown>>;

/** The columns that a checked body sets; fields that it lacks are missing here too. */
export function toColumns(fields: readonly Field[], body: Values): Record<string, unknown> {
  const given = fields.filter(({ wire }) => body[wire] !== undefined);
  return Object.fromEntries(given.map((one) => [one.column, columnValue(one, body[one.wire])]));
}

function columnValue({ kind, orElse }: Field, value: unknown): unknown {
  switch (kind) {
    case 'usd':
      return value === null ? null : toNanoUsd(value as number);
    case 'value':
      return value ?? orElse ?? null;
    case 'flag':
      return value === true;
    case 'list':
      return value ?? [];
    case 'map':
      return JSON.stringify(value ?? {});
  }
}

/** The wire fields of a row. */
export function toWire(fields: readonly Field[], row: object): Record<string, unknown> {
  const values = row as Values;
  return Object.fromEntries(
    fields.map(({ wire, column, kind }) => {
      const value = values[column] ?? null;
      return [wire, kind === 'usd' && value !== null ? toUsd(value as number) : value];
    }),
  );
}
