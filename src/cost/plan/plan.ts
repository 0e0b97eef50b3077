import { z } from 'zod';
import { GatewayError } from '../../errors.ts';

const values = z.record(z.string(), z.unknown());

const changeSchema = z.object({
  address: z.string(),
  module_address: z.string().optional(),
  mode: z.string().optional(),
  type: z.string(),
  name: z.string(),
  index: z.union([z.string(), z.number()]).optional(),
  deposed: z.string().optional(),
  change: z.object({
    actions: z.array(z.string()),
    before: values.nullish(),
    after: values.nullish(),
  }),
});

const configResource = z.object({
  type: z.string(),
  name: z.string(),
  mode: z.string().optional(),
  provider_config_key: z.string().optional(),
  expressions: z.unknown().optional(),
});

const configModule = z.object({
  resources: z.array(configResource).optional(),
  outputs: z.record(z.string(), z.object({ expression: z.unknown().optional() })).optional(),
  get module_calls() {
    return z
      .record(
        z.string(),
        z.object({ expressions: z.record(z.string(), z.unknown()).optional(), module: configModule.optional() }),
      )
      .optional();
  },
});

const planSchema = z.object({
  format_version: z.string(),
  variables: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
  resource_changes: z.array(changeSchema).default([]),
  deferred_changes: z.array(z.object({ resource_change: z.object({ address: z.string() }) })).default([]),
  errored: z.boolean().optional(),
  configuration: z
    .object({
      provider_config: z
        .record(z.string(), z.object({ name: z.string().optional(), expressions: z.unknown().optional() }))
        .optional(),
      root_module: configModule.optional(),
    })
    .optional(),
});

/** What the estimator reads of `tofu show -json` (OpenTofu documentation, "JSON Output Format"); unknown fields are ignored. */
export type Plan = z.infer<typeof planSchema>;
export type ResourceChange = Plan['resource_changes'][number];
export type ConfigModule = z.infer<typeof configModule>;
export type ConfigResource = z.infer<typeof configResource>;

/** Refuses a plan that shows only a part of what will be built: its total would be too low without saying so. */
function checkWhole(plan: Plan): Plan {
  if (plan.errored === true)
    throw new GatewayError('bad_request', 'the plan failed halfway (errored): it holds only a part of the resources; plan again');
  const deferred = plan.deferred_changes.map((change) => change.resource_change.address);
  if (deferred.length > 0)
    throw new GatewayError(
      'bad_request',
      `the plan defers ${deferred.length} resources (${deferred.slice(0, 5).join(', ')}): apply what they wait for, then plan again`,
    );
  return plan;
}

/**
 * Parses a plan. Any minor version of format 1 is accepted, another major is not.
 * Throws `bad_request`: not a plan, a state (which has no changes to price), or a plan that failed or is deferred in part.
 */
export function parsePlan(json: unknown): Plan {
  const version = z.object({ format_version: z.string() }).safeParse(json);
  if (!version.success)
    throw new GatewayError(
      'bad_request',
      'this is not plan JSON: it has no format_version; make one with `tofu show -json plan.bin`',
    );
  if (!version.data.format_version.startsWith('1.')) {
    throw new GatewayError(
      'bad_request',
      `plan JSON of format ${version.data.format_version} is not supported; this reads format 1.x`,
    );
  }
  const isState = z.object({ values: z.unknown().refine((state) => state !== undefined) }).safeParse(json).success;
  if (isState)
    throw new GatewayError(
      'bad_request',
      'this is a state, not a plan; plan first (`tofu plan -out plan.bin`), then `tofu show -json plan.bin`',
    );
  const result = planSchema.safeParse(json);
  if (result.success) return checkWhole(result.data);
  const issue = result.error.issues[0];
  throw new GatewayError('bad_request', `this plan JSON cannot be read: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
