import { createContext, type Forecast, type ForecastOptions } from '../forecast.ts';
import { approximate, micro, settle, type Micro } from '../money.ts';
import type { ResourceNode } from '../plan/graph.ts';
import { tieredCost } from '../pricer.ts';
import { rules } from '../rules/index.ts';
import type { RuleContext } from '../rules/rule.ts';
import { virtualNodes } from '../rules/virtual.ts';

/** Typical quantity by price and region: `nat.gb|us-east-1`. */
type Quantities = Map<string, Micro>;

const beyondAnyFleet = 1_000_000_000_000;

function withRequests(options: ForecastOptions, requests: number): ForecastOptions {
  const amount = micro(requests);
  return {
    ...options,
    usage: { ...options.usage, traffic: { ...options.usage.traffic, requests: { min: amount, typical: amount, max: amount } } },
  };
}

function quantitiesOf(nodes: readonly ResourceNode[], context: RuleContext): Quantities {
  const found: Quantities = new Map();
  for (const node of nodes) {
    for (const line of rules.get(node.type)?.apply(node, context).lines ?? []) {
      const key = `${line.priceId}|${line.region ?? node.region ?? ''}`;
      found.set(key, (found.get(key) ?? 0n) + (line.quantity?.typical ?? 0n));
    }
  }
  return found;
}

const differ = (left: Quantities, right: Quantities): boolean => [...left].some(([key, quantity]) => quantity !== right.get(key));

/**
 * The typical monthly cost of a forecast's plan as a function of requests a month, in dollars, for plots and searches. Only resources that
 * follow the traffic are looked at again: quantities never fall with traffic, so what is equal at none and at very much is constant.
 */
export function createCostCurve(options: ForecastOptions, base: Forecast): (requests: number) => number {
  const { graph } = base;
  const contextAt = (requests: number): RuleContext => createContext(graph, withRequests(options, requests));
  const [none, most] = [contextAt(0), contextAt(beyondAnyFleet)];
  const changing = [...graph.nodes, ...virtualNodes(graph)].filter((node) =>
    differ(quantitiesOf([node], none), quantitiesOf([node], most)),
  );
  const whole: Quantities = new Map();
  for (const line of base.resources.flatMap((resource) => resource.lines)) {
    const key = `${line.priceId}|${line.region}`;
    whole.set(key, (whole.get(key) ?? 0n) + (line.quantity?.typical ?? 0n));
  }
  const before = quantitiesOf(changing, createContext(graph, options));
  return (requests) => {
    let products = 0n;
    for (const [key, quantity] of quantitiesOf(changing, contextAt(requests))) {
      const [id = '', region = ''] = key.split('|');
      const price = options.book.find(id, region);
      const all = whole.get(key) ?? 0n;
      if (price !== undefined) products += tieredCost(all + quantity - (before.get(key) ?? 0n), price) - tieredCost(all, price);
    }
    return approximate(base.total.typical + settle(products));
  };
}
