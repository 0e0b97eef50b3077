import { micro, product, settle, type Micro, type Usd } from './money.ts';
import type { Price, PriceBook } from './prices/book.ts';
import { each, scenarios, type Each, type Scenario } from './range.ts';
import type { LineItem } from './rules/rule.ts';

/** A line of one resource, ready to be priced. `region` is where its price holds. */
export interface Demand {
  address: string;
  line: LineItem;
  region: string;
}

/** A line with its money. `prices` is undefined where the book has no row; such a line adds nothing and is reported. */
export interface PricedLine extends LineItem {
  region: string;
  prices: Each<Price> | undefined;
  monthly: Each<Usd>;
}

/** Cost of a quantity over a price's tiers, in 1e-16 dollars: Σ over tiers of (part of the quantity inside the tier) × price. */
export function tieredCost(quantity: Micro, price: Pick<Price, 'tiers'>): bigint {
  let cost = 0n;
  for (const tier of price.tiers) {
    if (quantity <= tier.from) break;
    const end = tier.to === null || quantity < tier.to ? quantity : tier.to;
    cost += product(end - tier.from, tier.usd);
  }
  return cost;
}

/** Splits dollars in proportion to weights so that the parts add up exactly: remainders go to the largest fractions, then to the first. */
export function apportion(total: Usd, weights: readonly Micro[]): Usd[] {
  const sum = weights.reduce((left, right) => left + right, 0n);
  if (sum === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (total * weight) / sum);
  const byFraction = weights
    .map((weight, index) => ({ index, fraction: (total * weight) % sum }))
    .sort((left, right) => (right.fraction > left.fraction ? 1 : right.fraction < left.fraction ? -1 : left.index - right.index));
  const rest = total - parts.reduce((left, right) => left + right, 0n);
  for (const { index } of byFraction.slice(0, Number(rest))) parts[index] = (parts[index] ?? 0n) + 1n;
  return parts;
}

function choosePrices(line: LineItem, region: string, book: PriceBook): Each<Price> | undefined {
  const candidates = (line.alternatives ?? [line.priceId]).map((id) => book.find(id, region));
  const typical = book.find(line.priceId, region);
  if (typical === undefined || candidates.some((candidate) => candidate === undefined)) return undefined;
  const rows = candidates
    .filter((candidate) => candidate !== undefined)
    .sort((left, right) => (firstRate(left) < firstRate(right) ? -1 : 1));
  return { min: rows[0] ?? typical, typical, max: rows.at(-1) ?? typical };
}

const firstRate = (price: Price): Usd => price.tiers[0]?.usd ?? 0n;

/**
 * Prices all lines of a forecast at once. Tiers hold per region and account (AWS price pages), so lines with the same tiered price are
 * pooled, priced once, and the cost is spread back in proportion. Flat prices are settled line by line.
 */
export function priceLines(demands: readonly Demand[], book: PriceBook): PricedLine[] {
  const priced = demands.map(({ line, region }): PricedLine => {
    const prices = choosePrices(line, region, book);
    return { ...line, region, prices, monthly: each((scenario) => flatCost(line, prices, scenario)) };
  });
  const tiered = priced.filter(
    (line) => line.quantity !== null && line.prices !== undefined && line.prices.typical.tiers.length > 1,
  );
  for (const pool of Map.groupBy(tiered, (line) => `${line.priceId}|${line.prices?.typical.region ?? ''}`).values())
    spreadPool(pool);
  return priced;
}

function flatCost(line: LineItem, prices: Each<Price> | undefined, scenario: Scenario): Usd {
  const quantity = line.quantity?.[scenario] ?? 0n;
  const price = prices?.[scenario];
  return price === undefined ? 0n : settle(tieredCost(quantity, price));
}

function spreadPool(pool: readonly PricedLine[]): void {
  for (const scenario of scenarios) {
    const weights = pool.map((line) => line.quantity?.[scenario] ?? 0n);
    const price = pool[0]?.prices?.[scenario];
    if (price === undefined) continue;
    const total = settle(
      tieredCost(
        weights.reduce((left, right) => left + right, 0n),
        price,
      ),
    );
    for (const [index, part] of apportion(total, weights).entries()) {
      const line = pool[index];
      if (line !== undefined) line.monthly[scenario] = part;
    }
  }
}

/** What AWS's always-free allowances take off, one negative amount for each price id that uses one. Allowances hold per account. */
export function freeTierCredits(lines: readonly PricedLine[], book: PriceBook): { id: string; monthly: Each<Usd> }[] {
  return book.file.freeTier.flatMap(({ id, quantity }) => {
    const using = lines.filter((line) => line.priceId === id && line.prices !== undefined);
    const [first] = using;
    const price = first?.prices?.typical;
    if (price === undefined) return [];
    const allowance = micro(quantity);
    const monthly = each((scenario) => {
      const used = using
        .filter((line) => line.region === first?.region)
        .reduce((sum, line) => sum + (line.quantity?.[scenario] ?? 0n), 0n);
      return -settle(tieredCost(used < allowance ? used : allowance, price));
    });
    return [{ id, monthly }];
  });
}
