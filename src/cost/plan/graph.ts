import { expressionAt, constantOf, readConfiguration, targetsOf, type Configuration } from './references.ts';
import type { Plan, ResourceChange } from './plan.ts';
import { text, texts, type Values } from './values.ts';

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'no-op';

/** One managed resource instance of a plan. `values` are its arguments on the side of the plan that the graph shows. */
export interface ResourceNode {
  address: string;
  type: string;
  name: string;
  index: string | number | undefined;
  /** Module call names joined by dots, without instance keys; empty for the root. */
  modulePath: string;
  /** Module address with instance keys; empty for the root. */
  moduleAddress: string;
  action: Action;
  values: Values;
  /** Undefined where neither the resource, its zone, its ARN nor its provider says it. */
  region: string | undefined;
}

/** The resources of one side of a plan and how they refer to each other. */
export interface Graph {
  nodes: ResourceNode[];
  ofType(...types: readonly string[]): readonly ResourceNode[];
  /** Resource instances that an argument refers to, although its value is not known before apply. */
  referenced(node: ResourceNode, path: readonly string[], type: string): ResourceNode[];
  /** Instances of a type declared in the very same module instance: the fallback where a local hides the reference. */
  siblings(node: ResourceNode, type: string): ResourceNode[];
}

/** Which side of the plan: what will stand afterwards, or what stood before. */
export type Side = 'after' | 'before';

function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.includes('create')) return actions.includes('delete') ? 'replace' : 'create';
  if (actions.includes('update')) return 'update';
  if (actions.includes('delete')) return 'delete';
  return actions.includes('no-op') ? 'no-op' : undefined;
}

/** `module.a["x"].module.b[0]` → `a.b`. */
const pathOf = (moduleAddress: string): string =>
  moduleAddress
    .replace(/\[("[^"]*"|\d+)\]/g, '')
    .split('.')
    .filter((_, index) => index % 2 === 1)
    .join('.');

const zoneRegion = (zone: string | undefined): string | undefined => /^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]/.exec(zone ?? '')?.[1];
const arnRegion = (arn: string | undefined): string | undefined => arn?.split(':')[3] || undefined;

function providerRegion(configuration: Configuration, modulePath: string, change: ResourceChange): string | undefined {
  const key = configuration.resources.get(`${modulePath}|${change.type}.${change.name}`)?.provider_config_key;
  const providers = configuration.plan.configuration?.provider_config ?? {};
  const provider = providers[key ?? 'aws'] ?? providers['aws'];
  const region = constantOf(configuration, expressionAt(provider?.expressions, ['region']), '');
  return typeof region === 'string' ? region : undefined;
}

function toNode(
  configuration: Configuration,
  change: ResourceChange,
  side: Side,
  defaultRegion: string | undefined,
): ResourceNode | undefined {
  const action = actionOf(change.change.actions);
  const values = change.change[side];
  if (action === undefined || values === null || values === undefined || change.mode === 'data' || change.deposed !== undefined)
    return undefined;
  const moduleAddress = change.module_address ?? '';
  const modulePath = pathOf(moduleAddress);
  const zone = text(values, 'availability_zone') ?? texts(values, 'availability_zones')[0];
  const region =
    text(values, 'region') ??
    zoneRegion(zone) ??
    arnRegion(text(values, 'arn')) ??
    providerRegion(configuration, modulePath, change) ??
    defaultRegion;
  return {
    address: change.address,
    type: change.type,
    name: change.name,
    index: change.index,
    modulePath,
    moduleAddress,
    action,
    values,
    region,
  };
}

/** Builds the graph of one side of a plan. `defaultRegion` holds only where the plan itself says nothing. */
export function createGraph(plan: Plan, side: Side, defaultRegion?: string): Graph {
  const configuration = readConfiguration(plan);
  const nodes = plan.resource_changes.flatMap((change) => toNode(configuration, change, side, defaultRegion) ?? []);
  const byType = Map.groupBy(nodes, (node) => node.type);
  const byDeclaration = Map.groupBy(nodes, (node) => `${node.modulePath}|${node.type}.${node.name}`);
  /** Two nodes may belong together when one's module instance contains the other's, or neither contains the other (an output of a sibling). */
  const isNear = (from: ResourceNode, to: ResourceNode): boolean =>
    from.modulePath !== to.modulePath || from.moduleAddress === to.moduleAddress;
  /** References are followed once: the token curve asks again for every volume. */
  const answered = new Map<string, ResourceNode[]>();
  const resolve = (node: ResourceNode, path: readonly string[], type: string): ResourceNode[] => {
    const resource = configuration.resources.get(`${node.modulePath}|${node.type}.${node.name}`);
    if (resource === undefined) return [];
    const targets = targetsOf(configuration, node.modulePath, resource, path).filter((target) => target.type === type);
    const found = targets.flatMap((target) =>
      (byDeclaration.get(`${target.modulePath}|${target.type}.${target.name}`) ?? []).filter(
        (candidate) => (target.index === undefined || candidate.index === target.index) && isNear(node, candidate),
      ),
    );
    return [...new Set(found)];
  };
  return {
    nodes,
    ofType: (...types) =>
      types.length === 1 ? (byType.get(types[0] ?? '') ?? []) : types.flatMap((type) => byType.get(type) ?? []),
    referenced(node, path, type) {
      const key = `${node.address}|${path.join('.')}|${type}`;
      const found = answered.get(key) ?? resolve(node, path, type);
      answered.set(key, found);
      return found;
    },
    siblings: (node, type) => (byType.get(type) ?? []).filter((other) => other.moduleAddress === node.moduleAddress),
  };
}
