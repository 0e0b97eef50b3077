import type { Forecast } from '../forecast.ts';
import { approximate, approximateMicro, usd } from '../money.ts';
import type { BookFile } from '../prices/book.ts';
import { familyOf, gpuCount } from '../rules/instances.ts';

/** One point of the curve: million tokens a month (in and out) and what serving them costs. */
interface CurvePoint {
  megatokens: number;
  dollars: number;
}

/** Break-even against one API model. `megatokens` is null where self-hosting never gets cheaper within the fleet's maximum. */
export interface BreakEven {
  provider: string;
  model: string;
  dollarsPerMillion: number;
  megatokens: number | null;
  date: string;
  source: string;
}

/** GPU hours as dollars per million tokens, and from where on self-hosting pays. Prices only: the models' quality differs. */
export interface TokenEconomics {
  instanceType: string;
  dollarsPerHour: number;
  tokensPerSecond: number;
  tokensPerSecondSource: string;
  /** Share of input tokens in all tokens. */
  inputShare: number;
  /** $ per 1M tokens of the GPU hour alone at these utilisations. */
  gpuOnly: { utilization: number; dollarsPerMillion: number }[];
  /** The whole stack over the volume, up to what the fleet can serve. */
  curve: CurvePoint[];
  capacityMegatokens: number;
  /** What another million tokens costs with every host at its target utilisation: the curve never falls below it. */
  asymptote: number;
  breakEvens: BreakEven[];
}

interface Fleet {
  instanceType: string;
  dollarsPerHour: number;
  maxInstances: number;
}

const hoursPerMonth = 730;
const utilizations = [1, 0.7, 0.3, 0.1];

/** The GPU fleet of a forecast: its dearest line of GPU hours. */
function gpuFleet(forecast: Forecast): Fleet | undefined {
  const lines = forecast.resources
    .flatMap((resource) => resource.lines)
    .filter((line) => line.category === 'compute-gpu' && line.prices !== undefined);
  const line = lines.sort((left, right) => (right.monthly.max > left.monthly.max ? 1 : -1))[0];
  if (line?.prices === undefined || line.quantity === null) return undefined;
  const hours = forecast.usage.hours.onPerMonth;
  if (hours === 0) return undefined;
  return {
    instanceType: line.priceId.replace(/^ec2\.(ondemand|spot)\./, ''),
    dollarsPerHour: approximate(line.prices.typical.tiers[0]?.usd ?? 0n),
    maxInstances: approximateMicro(line.quantity.max) / hours,
  };
}

function throughputOf(forecast: Forecast, instanceType: string): { tokensPerSecond: number; source: string } | undefined {
  const { gpu } = forecast.usage;
  if (gpu.outputTokensPerSecond !== 'auto') return { tokensPerSecond: gpu.outputTokensPerSecond, source: 'given' };
  const facts = { gpus: forecast.book.gpus, eksStandardSupportEnds: {}, tokensPerSecond: {}, today: '' };
  if (gpuCount(instanceType, facts) !== 1) return undefined;
  const row = forecast.book.throughput.find(
    (entry) => entry.gpu === forecast.book.gpus[familyOf(instanceType)] && entry.model === gpu.model,
  );
  return row === undefined
    ? undefined
    : { tokensPerSecond: row.outputTokensPerSecond, source: `${row.source} (${row.date}, grade ${row.grade})` };
}

function apiPrice(row: BookFile['tokenPrices'][number], inputShare: number): number {
  return approximate(usd(row.inputUsdPerMTok)) * inputShare + approximate(usd(row.outputUsdPerMTok)) * (1 - inputShare);
}

/** The lowest volume at which the stack costs no more than the API, or null. The stack's cost is a step function, hence the scan. */
export function findBreakEven(cost: (megatokens: number) => number, dollarsPerMillion: number, capacity: number): number | null {
  const steps = 400;
  const pays = (megatokens: number): boolean => cost(megatokens) <= megatokens * dollarsPerMillion;
  for (let step = 1; step <= steps; step += 1) {
    const reached = (capacity * step) / steps;
    if (!pays(reached)) continue;
    let [below, above] = [(capacity * (step - 1)) / steps, reached];
    for (let round = 0; round < 20; round += 1) {
      const middle = (below + above) / 2;
      if (pays(middle)) above = middle;
      else below = middle;
    }
    return above;
  }
  return null;
}

/** Linear between the points of a sampled curve: the forecast is run once for each sample, not for each question. */
function interpolate(points: readonly CurvePoint[]): (megatokens: number) => number {
  return (megatokens) => {
    const next = points.findIndex((point) => point.megatokens >= megatokens);
    const right = points[next === -1 ? points.length - 1 : next];
    const left = points[Math.max(0, next - 1)];
    if (left === undefined || right === undefined) return 0;
    if (right.megatokens === left.megatokens) return right.dollars;
    const share = (megatokens - left.megatokens) / (right.megatokens - left.megatokens);
    return left.dollars + share * (right.dollars - left.dollars);
  };
}

/**
 * Works out the token economics of a forecast with GPU instances; undefined without them, or where no throughput is known.
 * `costAt` forecasts the same plan for a number of requests a month and gives its typical total.
 */
export function tokenEconomics(forecast: Forecast, costAt: (requests: number) => number): TokenEconomics | undefined {
  const fleet = gpuFleet(forecast);
  const throughput = fleet === undefined ? undefined : throughputOf(forecast, fleet.instanceType);
  const { traffic, gpu } = forecast.usage;
  if (fleet === undefined || throughput === undefined || traffic.outputTokens === 0) return undefined;
  const perRequest = traffic.promptTokens + traffic.outputTokens;
  const perOutput = perRequest / traffic.outputTokens;
  const inputShare = traffic.promptTokens / perRequest;
  const megatokensPerHour = (throughput.tokensPerSecond * 3600 * perOutput) / 1e6;
  const meanWeight = traffic.profile.reduce((sum, weight) => sum + weight, 0) / 24;
  const peak = Math.max(...traffic.profile) / meanWeight;
  const capacity = (fleet.maxInstances * megatokensPerHour * hoursPerMonth * gpu.targetUtilization) / peak;
  const requestsOf = (megatokens: number): number => Math.round((megatokens * 1e6) / perRequest);
  const samples = 64;
  const sampled = Array.from({ length: samples + 1 }, (_, index) => (capacity * index) / samples).map((megatokens) => ({
    megatokens,
    dollars: costAt(requestsOf(megatokens)),
  }));
  const cost = interpolate(sampled);
  const shown = Array.from({ length: 33 }, (_, index) => capacity * 10 ** ((index - 32) / 12));
  return {
    instanceType: fleet.instanceType,
    dollarsPerHour: fleet.dollarsPerHour,
    tokensPerSecond: throughput.tokensPerSecond,
    tokensPerSecondSource: throughput.source,
    inputShare,
    gpuOnly: utilizations.map((utilization) => ({
      utilization,
      dollarsPerMillion: fleet.dollarsPerHour / (megatokensPerHour * utilization),
    })),
    curve: shown.map((megatokens) => ({ megatokens, dollars: cost(megatokens) })),
    capacityMegatokens: capacity,
    asymptote: fleet.dollarsPerHour / (megatokensPerHour * gpu.targetUtilization),
    breakEvens: forecast.book.tokenPrices
      .map((row) => {
        const dollarsPerMillion = apiPrice(row, inputShare);
        return {
          provider: row.provider,
          model: row.model,
          dollarsPerMillion,
          megatokens: findBreakEven(cost, dollarsPerMillion, capacity),
          date: row.date,
          source: row.source,
        };
      })
      .sort((left, right) => right.dollarsPerMillion - left.dollarsPerMillion),
  };
}
