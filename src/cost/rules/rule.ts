import type { Graph, ResourceNode } from '../plan/graph.ts';
import type { Range } from '../range.ts';
import type { Workload } from '../usage/workload.ts';

export const categories = [
  'compute-gpu',
  'compute',
  'storage',
  'network',
  'data-transfer',
  'api-gateway',
  'waf',
  'cdn',
  'monitoring',
  'database',
  'cache',
  'kubernetes',
  'security',
  'other',
] as const;
export type Category = (typeof categories)[number];

/** One thing that AWS bills of a resource: a quantity a month in each scenario and the id of its price, but no money. */
export interface LineItem {
  component: string;
  category: Category;
  priceId: string;
  /** Every price that may hold: the cheapest in `min`, `priceId` in `typical`, the dearest in `max` (several instance types). */
  alternatives?: string[];
  /** Where the price holds, when not in the resource's own region. */
  region?: string;
  unit: string;
  /** `fixed`: runs all month; `scaled`: follows the number of instances; `usage`: follows the traffic. */
  kind: 'fixed' | 'scaled' | 'usage';
  /** Null: nobody said how much, and there is no honest default. Adds nothing and is counted. */
  quantity: Range | null;
  /** How the quantity came about, in words. */
  basis: string;
  /** The usage key that sets the quantity, and who set it. */
  assumption?: { key: string; from: 'usage-file' | 'derived' };
}

export interface RuleOutcome {
  lines: LineItem[];
  /** Billed parts of the resource that this tool has no rule for, in words. */
  unpriced?: string[];
  /** What the reader should know: a fallback that was taken, a trap, a hint. */
  warnings?: string[];
}

/** Facts that rules need and that are not prices. */
export interface Facts {
  eksStandardSupportEnds: Readonly<Record<string, string>>;
  /** Instance family → GPU. */
  gpus: Readonly<Record<string, string>>;
  /** GPU → output tokens a second of one GPU, sustained. */
  tokensPerSecond: Readonly<Record<string, number>>;
  /** Today as an ISO date, for support calendars. */
  today: string;
}

export interface RuleContext {
  graph: Graph;
  workload: Workload;
  facts: Facts;
  /** What the usage file says for this resource; undefined when it says nothing. */
  usage(node: ResourceNode, key: string): Range | undefined;
}

/** How resource types turn into lines. `usageKeys` lists every key that the usage file may set for these types. */
export interface Rule {
  types: readonly string[];
  usageKeys: readonly string[];
  apply(node: ResourceNode, context: RuleContext): RuleOutcome;
}

type Fixed = Omit<LineItem, 'kind' | 'quantity'> & { quantity: Range };

/** A line whose quantity the plan alone decides. */
export const fixedLine = (line: Fixed): LineItem => ({ ...line, kind: 'fixed' });

/** A line that follows the number of running instances. */
export const scaledLine = (line: Fixed): LineItem => ({ ...line, kind: 'scaled' });

interface UsageLine extends Omit<LineItem, 'kind' | 'quantity' | 'basis' | 'assumption'> {
  key: string;
  /** What the workload implies; undefined when it implies nothing. */
  derived?: Range | undefined;
  derivedBasis?: string;
}

/** A line that follows usage: the usage file's figure, else the derived one, else "needs usage". */
export function usageLine(node: ResourceNode, context: RuleContext, line: UsageLine): LineItem {
  const { key, derived, derivedBasis, ...rest } = line;
  const given = context.usage(node, key);
  if (given !== undefined)
    return {
      ...rest,
      kind: 'usage',
      quantity: given,
      basis: `${key} of the usage file`,
      assumption: { key, from: 'usage-file' },
    };
  if (derived === undefined) return { ...rest, kind: 'usage', quantity: null, basis: `set ${key} in the usage file` };
  return {
    ...rest,
    kind: 'usage',
    quantity: derived,
    basis: derivedBasis ?? 'derived from the traffic',
    assumption: { key, from: 'derived' },
  };
}
