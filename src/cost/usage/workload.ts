import { approximateMicro } from '../money.ts';
import type { Graph } from '../plan/graph.ts';
import { each, range, share, type Range, type Scenario } from '../range.ts';
import type { UsageProfile } from './profile.ts';

/** Hours that a month has in every price list comparison: 8,760 / 12. */
export const hoursPerMonth = 730;
const kilobytesPerGB = 1_048_576;
const secondsPerMonth = hoursPerMonth * 3600;

/** What the business numbers of the usage file mean for one plan. Quantities are per month. */
export interface Workload {
  profile: UsageProfile;
  hours: Range;
  hoursOn: Range;
  requests: Range;
  /** GB of answers that leave through the entry points. */
  responseGB: Range;
  /** GB of log lines of the whole workload. */
  logGB: Range;
  /** GB that launches pull through the NAT gateways. */
  launchGB: Range;
  /** The part of one of several resources that serve the same traffic. */
  shareOf(whole: Range, types: readonly string[]): Range;
  /** Mean over the day of a function of requests per second. */
  meanOverDay(scenario: Scenario, compute: (requestsPerSecond: number) => number): number;
}

/** Derives a plan's workload. The traffic is the whole workload's: a plan that holds only a part of it sees the same figure. */
export function deriveWorkload(profile: UsageProfile, graph: Graph): Workload {
  const { traffic, launches, logs } = profile;
  const perResponseKB = traffic.responseKB * (1 - traffic.streamingShare) + traffic.streamingKB * traffic.streamingShare;
  const requestsOf = (scenario: Scenario): number => approximateMicro(traffic.requests[scenario]);
  const scaled = (compute: (scenario: Scenario) => number): Range =>
    range(compute('min').toFixed(6), compute('typical').toFixed(6), compute('max').toFixed(6));
  const meanWeight = traffic.profile.reduce((sum, weight) => sum + weight, 0) / 24;
  return {
    profile,
    hours: range(hoursPerMonth),
    hoursOn: range(profile.hours.onPerMonth),
    requests: traffic.requests,
    responseGB:
      profile.egress.internetGB === 'auto'
        ? scaled((scenario) => (requestsOf(scenario) * perResponseKB) / kilobytesPerGB)
        : profile.egress.internetGB,
    // Half a GB of start-up, health checks and errors, and about 2 KB for a request's two lines.
    logGB: logs.ingestGB === 'auto' ? scaled((scenario) => 0.5 + (requestsOf(scenario) * 2) / kilobytesPerGB) : logs.ingestGB,
    launchGB: scaled((scenario) => approximateMicro(launches.perMonth[scenario]) * launches.downloadGB),
    shareOf: (whole, types) => share(whole, graph.ofType(...types).length),
    meanOverDay(scenario, compute) {
      const mean = requestsOf(scenario) / secondsPerMonth;
      const hourly = traffic.profile.map((weight) => compute((mean * weight) / meanWeight));
      return hourly.reduce((sum, value) => sum + value, 0) / 24;
    },
  };
}

/**
 * Instances that the load keeps busy, averaged over the day and held between `least` and `most`.
 * `overloadedHours`: hours of the day in which even `most` instances are too few.
 */
export function instancesForLoad(
  workload: Workload,
  options: { tokensPerSecond: number; least: number; most: number },
): { mean: Range; overloadedHours: number } {
  const { traffic, gpu } = workload.profile;
  const capacity = options.tokensPerSecond * gpu.targetUtilization;
  let overloadedHours = 0;
  const mean = each((scenario) => {
    if (scenario === 'min') return range(options.least).min;
    if (scenario === 'max') return range(options.most).max;
    const instances = workload.meanOverDay(scenario, (requestsPerSecond) => {
      const needed = Math.ceil((requestsPerSecond * traffic.outputTokens) / capacity);
      if (needed > options.most) overloadedHours += 1;
      return Math.min(options.most, Math.max(options.least, needed));
    });
    return range(instances.toFixed(6)).typical;
  });
  return { mean, overloadedHours };
}
