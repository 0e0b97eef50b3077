import { GatewayError } from '../errors.ts';
import { createGraph, type Action, type Graph, type ResourceNode } from './plan/graph.ts';
import type { Plan } from './plan/plan.ts';
import type { Usd } from './money.ts';
import type { BookFile, PriceBook } from './prices/book.ts';
import { freeTierCredits, priceLines, type Demand, type PricedLine } from './pricer.ts';
import { each, type Each } from './range.ts';
import { freeTypes } from './rules/free.ts';
import { rules } from './rules/index.ts';
import type { Category, Facts, RuleContext, RuleOutcome } from './rules/rule.ts';
import { virtualNodes } from './rules/virtual.ts';
import { suggest, usageOf, type UsageProfile } from './usage/profile.ts';
import { deriveWorkload } from './usage/workload.ts';

/** What is known of a resource's cost. Only `priced` and `free` are complete. */
const statuses = ['priced', 'free', 'needs-usage', 'price-missing', 'not-priced'] as const;
export type Status = (typeof statuses)[number];

/** One resource of the forecast. `reasons` say why it is not complete and what to do; `warnings` what was assumed. */
export interface ResourceCost {
  address: string;
  type: string;
  action: Action;
  region: string | undefined;
  status: Status;
  reasons: string[];
  warnings: string[];
  lines: PricedLine[];
  monthly: Each<Usd>;
}

/** A whole forecast. Totals are exact sums of the lines; amounts are dollars a month. */
export interface Forecast {
  regions: string[];
  resources: ResourceCost[];
  counts: Record<Status, number>;
  total: Each<Usd>;
  byType: Map<string, Each<Usd>>;
  byCategory: Map<Category | 'free-tier', Each<Usd>>;
  freeTier: { id: string; monthly: Each<Usd> }[];
  /** The same plan before its changes; undefined when nothing stood before. */
  prior: Each<Usd> | undefined;
  /** True when something has no price at all: the total is then a lower bound. */
  isLowerBound: boolean;
  usage: UsageProfile;
  book: BookFile;
  /** What the forecast looked at. */
  graph: Graph;
}

export interface ForecastOptions {
  plan: Plan;
  book: PriceBook;
  usage: UsageProfile;
  /** Holds where the plan does not name a region. */
  region?: string | undefined;
  freeTier?: boolean;
  /** ISO date, for support calendars. */
  today: string;
}

export const zero = (): Each<Usd> => each(() => 0n);
export const add = (left: Each<Usd>, right: Each<Usd>): Each<Usd> => each((scenario) => left[scenario] + right[scenario]);
const sum = (amounts: Iterable<Each<Usd>>): Each<Usd> => [...amounts].reduce(add, zero());

function factsOf(book: PriceBook, options: ForecastOptions): Facts {
  const measured = book.file.throughput.filter((row) => row.model === options.usage.gpu.model);
  return {
    eksStandardSupportEnds: book.file.eksStandardSupportEnds,
    gpus: book.file.gpus,
    tokensPerSecond: Object.fromEntries(measured.map((row) => [row.gpu, row.outputTokensPerSecond])),
    today: options.today,
  };
}

/** Every key of `resources` in the usage file must name a type or an address of the plan, and a usage key of that type. */
function checkUsageKeys(usage: UsageProfile, nodes: readonly ResourceNode[]): void {
  for (const [name, settings] of Object.entries(usage.resources)) {
    const node = nodes.find(
      (candidate) => candidate.address === name || candidate.address.replace(/\[("[^"]*"|\d+)\]/g, '[*]') === name,
    );
    const type = node?.type ?? (rules.has(name) ? name : undefined);
    if (type === undefined)
      throw new GatewayError(
        'bad_request',
        `usage file: no resource or type ${name} in this plan${suggest(name, [...new Set(nodes.map((candidate) => candidate.type))])}`,
      );
    const known = rules.get(type)?.usageKeys ?? [];
    for (const key of Object.keys(settings)) {
      if (!known.includes(key))
        throw new GatewayError(
          'bad_request',
          `usage file: ${name} has no key ${key}${suggest(key, known) || `; ${type} takes none`}`,
        );
    }
  }
}

/** What rules see of a graph. */
export function createContext(graph: Graph, options: ForecastOptions): RuleContext {
  const { usage } = options;
  return {
    graph,
    facts: factsOf(options.book, options),
    workload: deriveWorkload(usage, graph),
    usage: (node, key) => usageOf(usage, node, key),
  };
}

function outcomeOf(node: ResourceNode, context: RuleContext): RuleOutcome | undefined {
  return rules.get(node.type)?.apply(node, context);
}

function judge(
  node: ResourceNode,
  outcome: RuleOutcome | undefined,
  lines: readonly PricedLine[],
  book: PriceBook,
): { status: Status; reasons: string[] } {
  if (outcome === undefined)
    return freeTypes.has(node.type)
      ? { status: 'free', reasons: [] }
      : { status: 'not-priced', reasons: [`${node.type} has no rule in this tool`] };
  const unpriced = outcome.unpriced ?? [];
  if (unpriced.length > 0) return { status: 'not-priced', reasons: unpriced.map((part) => `not priced: ${part}`) };
  const missing = lines.filter((line) => line.prices === undefined);
  const ids = missing.flatMap((line) =>
    (line.alternatives ?? [line.priceId])
      .filter((id) => book.find(id, line.region) === undefined)
      .map((id) => book.explainMissing(id, line.region)),
  );
  if (missing.length > 0) return { status: 'price-missing', reasons: [...new Set(ids)] };
  const unknown = lines.filter((line) => line.quantity === null);
  if (unknown.length > 0) return { status: 'needs-usage', reasons: unknown.map((line) => `${line.component}: ${line.basis}`) };
  return { status: lines.length === 0 ? 'free' : 'priced', reasons: [] };
}

function regionOf(node: ResourceNode): string {
  if (node.region !== undefined) return node.region;
  throw new GatewayError('bad_request', `the plan does not say in which region ${node.address} lies; pass --region`);
}

function priceGraph(graph: Graph, options: ForecastOptions): ResourceCost[] {
  const { book } = options;
  const nodes = [...graph.nodes, ...virtualNodes(graph)];
  const context = createContext(graph, options);
  const outcomes = nodes.map((node) => ({ node, outcome: outcomeOf(node, context) }));
  const demands = outcomes.flatMap(({ node, outcome }): Demand[] =>
    (outcome?.lines ?? []).map((line) => ({ address: node.address, line, region: line.region ?? regionOf(node) })),
  );
  const priced = priceLines(demands, book);
  let next = 0;
  return outcomes.map(({ node, outcome }) => {
    const lines = priced.slice(next, (next += outcome?.lines.length ?? 0));
    return {
      address: node.address,
      type: node.type,
      action: node.action,
      region: node.region,
      ...judge(node, outcome, lines, book),
      warnings: outcome?.warnings ?? [],
      lines,
      monthly: sum(lines.map((line) => line.monthly)),
    };
  });
}

function extrasOf(options: ForecastOptions): ResourceCost[] {
  const demands = options.usage.extras.map((extra, index): Demand => {
    const line = {
      component: extra.note,
      category: extra.category,
      priceId: extra.priceId,
      unit: '',
      kind: 'usage' as const,
      quantity: extra.quantity,
      basis: 'extras of the usage file',
    };
    return { address: `extras[${index}]`, line, region: extra.region };
  });
  return priceLines(demands, options.book).map((line, index) => {
    const reasons = line.prices === undefined ? [options.book.explainMissing(line.priceId, line.region)] : [];
    return {
      address: `extras[${index}]`,
      type: 'extras',
      action: 'no-op',
      region: line.region,
      status: line.prices === undefined ? 'price-missing' : 'priced',
      reasons,
      warnings: [],
      lines: [{ ...line, unit: line.prices?.typical.unit ?? '' }],
      monthly: line.monthly,
    };
  });
}

function groupBy<Key>(entries: Iterable<readonly [Key, Each<Usd>]>): Map<Key, Each<Usd>> {
  const groups = new Map<Key, Each<Usd>>();
  for (const [key, amount] of entries) groups.set(key, add(groups.get(key) ?? zero(), amount));
  return new Map(
    [...groups].sort(([, left], [, right]) => (right.typical > left.typical ? 1 : right.typical < left.typical ? -1 : 0)),
  );
}

/**
 * Forecasts a plan: rules turn resources into quantities, the book turns quantities into money.
 * Throws `bad_request`: a usage key that does not exist, or a billed resource without a region.
 */
export function forecast(options: ForecastOptions): Forecast {
  const after = createGraph(options.plan, 'after', options.region);
  checkUsageKeys(options.usage, [...after.nodes, ...virtualNodes(after)]);
  const resources = [...priceGraph(after, options), ...extrasOf(options)];
  const hadBefore = options.plan.resource_changes.some(
    (change) => change.change.before !== null && change.change.before !== undefined,
  );
  const freeTier =
    options.freeTier === true
      ? freeTierCredits(
          resources.flatMap((resource) => resource.lines),
          options.book,
        )
      : [];
  const credits = sum(freeTier.map((credit) => credit.monthly));
  const counts = Object.fromEntries(
    statuses.map((status) => [status, resources.filter((resource) => resource.status === status).length]),
  );
  const byCategory = groupBy<Category | 'free-tier'>(
    resources.flatMap((resource) => resource.lines.map((line) => [line.category, line.monthly] as const)),
  );
  if (freeTier.length > 0) byCategory.set('free-tier', credits);
  const byType = groupBy(resources.map((resource) => [resource.type, resource.monthly] as const));
  if (freeTier.length > 0) byType.set('free-tier', credits);
  return {
    regions: [...new Set(resources.flatMap((resource) => resource.region ?? []))].sort(),
    resources,
    counts: counts as Record<Status, number>,
    total: add(sum(resources.map((resource) => resource.monthly)), credits),
    byType,
    byCategory,
    freeTier,
    prior: hadBefore
      ? sum(priceGraph(createGraph(options.plan, 'before', options.region), options).map((resource) => resource.monthly))
      : undefined,
    isLowerBound: resources.some((resource) => resource.status === 'price-missing' || resource.status === 'not-priced'),
    usage: options.usage,
    book: options.book.file,
    graph: after,
  };
}
