/** The part of `tofu show -json` and of `tofu test -json -verbose` that the properties look at. */
export interface PlanJson {
  resource_changes?: ResourceChange[];
  output_changes?: Record<string, { after?: unknown; after_unknown?: unknown }>;
  variables?: Record<string, { value?: unknown }>;
  configuration?: { root_module?: ConfigurationModule };
}

interface ResourceChange {
  address: string;
  module_address?: string;
  mode: string;
  type: string;
  name: string;
  index?: string | number;
  change: { actions: string[]; after: Record<string, unknown> | null; after_unknown?: Record<string, unknown> };
}

interface ConfigurationModule {
  resources?: { mode: string; type: string; name: string; expressions?: Record<string, unknown> }[];
  module_calls?: Record<string, { module?: ConfigurationModule; expressions?: Record<string, { references?: string[] }> }>;
}

/** What a plan would make. */
export interface Resource {
  address: string;
  /** `module.demo[0]`, or empty for the root. */
  moduleAddress: string;
  type: string;
  name: string;
  index: string | number | undefined;
  /** What the plan says; what only an apply will tell is missing here, and named in `unknown`. */
  values: Record<string, unknown>;
  unknown: Record<string, unknown>;
}

/** The resources that a plan would make, of one type or of all. */
export function resourcesOf(plan: PlanJson, type?: string): Resource[] {
  return (plan.resource_changes ?? [])
    .filter(
      (change) =>
        change.mode === 'managed' && change.change.actions.includes('create') && (type === undefined || change.type === type),
    )
    .map(({ address, module_address: moduleAddress = '', type: kind, name, index, change }) => ({
      address,
      moduleAddress,
      type: kind,
      name,
      index,
      values: change.after ?? {},
      unknown: change.after_unknown ?? {},
    }));
}

/** The blocks of an attribute: one or many, absent or null. */
export function blocks(values: Record<string, unknown>, name: string): Record<string, unknown>[] {
  const found = values[name];
  const list = Array.isArray(found) ? found : found === undefined || found === null ? [] : [found];
  return list.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null);
}

/** Every resource of the configuration, with its expressions, wherever its module lies. */
export function configuredResources(plan: PlanJson): { type: string; name: string; expressions: Record<string, unknown> }[] {
  const walk = (
    module: ConfigurationModule | undefined,
  ): { type: string; name: string; expressions: Record<string, unknown> }[] => [
    ...(module?.resources ?? []).map(({ type, name, expressions = {} }) => ({ type, name, expressions })),
    ...Object.values(module?.module_calls ?? {}).flatMap((call) => walk(call.module)),
  ];
  return walk(plan.configuration?.root_module);
}
