import type { Aws } from '../../aws/clients.ts';
import { describe, errorOf, seconds } from '../answers.ts';
import { pass, Unmet, type Check } from '../check.ts';
import type { DoctorContext } from '../context.ts';
import type { Answer } from '../endpoint.ts';
import { TransportError } from '../../../transport/transport-error.ts';
import { textPath, textRequest } from '../requests.ts';

/** What a drill works on. */
export interface Drill {
  aws: Aws;
  /** Auto Scaling group of the hosts. */
  fleet: string;
  say: (line: string) => void;
}

/** Hosts are deregistered for a minute and then ended; with room for a slow one. */
const emptyWithinMs = 15 * 60_000;
const intervalMs = 5_000;

/**
 * With no host at all callers get 503 with `Retry-After` in the usual envelope. Takes every host away to see it, and gives the group its sizes back
 * however it ends; the next host takes minutes to become ready.
 */
export const standbyDrill = (drill: Drill): Check => ({
  id: 'standby',
  isAboutAws: true,
  limitMs: () => 2 * emptyWithinMs,
  run: async (context) => {
    const sizes = await sizesOf(drill);
    const undo = `aws autoscaling update-auto-scaling-group --region ${drill.aws.region} --auto-scaling-group-name ${drill.fleet} --min-size ${sizes.MinSize} --desired-capacity ${sizes.DesiredCapacity}`;
    drill.say(`${drill.fleet}: taking its hosts away. At the end they are given back; should this be killed before: ${undo}`);
    try {
      await resize(drill, { MinSize: 0, DesiredCapacity: 0 });
      return await judge(context);
    } finally {
      await giveBack(drill, sizes, undo);
    }
  },
});

interface Sizes {
  MinSize: number;
  DesiredCapacity: number;
}

async function sizesOf({ aws, fleet }: Drill): Promise<Sizes> {
  const client = await aws.client('auto-scaling');
  const { AutoScalingGroups: [group] = [] } = await client.describeAutoScalingGroups({ AutoScalingGroupNames: [fleet] });
  if (group?.MinSize !== undefined && group.DesiredCapacity !== undefined) {
    return { MinSize: group.MinSize, DesiredCapacity: group.DesiredCapacity };
  }
  throw new Unmet({
    expected: `an Auto Scaling group ${fleet}`,
    came: 'none',
    advice: 'deploy again: sluice deploy gpu --env dev',
  });
}

async function resize({ aws, fleet }: Drill, sizes: Sizes): Promise<void> {
  await (await aws.client('auto-scaling')).updateAutoScalingGroup({ AutoScalingGroupName: fleet, ...sizes });
}

async function giveBack(drill: Drill, sizes: Sizes, undo: string): Promise<void> {
  try {
    await resize(drill, sizes);
    drill.say(`${drill.fleet}: ${sizes.DesiredCapacity} host(s) again; sluice status gpu shows when the first is ready`);
  } catch (error) {
    // Nothing else found is as urgent as this.
    throw new Unmet({ expected: `${drill.fleet} to get its hosts back`, came: String(error), advice: `do it now: ${undo}` });
  }
}

async function judge(context: DoctorContext) {
  const startedMs = context.now();
  const passing = new Set<string>();
  while (context.now() - startedMs < emptyWithinMs && !context.signal.aborted) {
    const answer = await ask(context);
    if (answer?.status === 503) {
      requireRetryAfter(answer);
      const others = passing.size === 0 ? '' : `; on the way there: ${[...passing].join(', ')}`;
      return pass(
        `503, Retry-After ${answer.headers['retry-after']}, ${seconds(context.now() - startedMs)} after the hosts were taken away${others}`,
      );
    }
    // While a host goes away, a load balancer may answer by itself for some seconds.
    if (answer !== null && answer.status !== 200) passing.add(String(answer.status));
    await context.pause(intervalMs);
  }
  const after = seconds(context.now() - startedMs);
  throw new Unmet({
    expected: '503 once no host is left',
    came: context.signal.aborted ? `nothing until it was stopped, after ${after}` : `none within ${after}`,
    advice: 'is the standby responder in the target group (its Auto Scaling group, enable_standby_responder)?',
  });
}

async function ask({ endpoint, model }: DoctorContext): Promise<Answer | null> {
  try {
    return await endpoint.ask({ method: 'POST', path: textPath, body: textRequest(model, { max_tokens: 1 }) });
  } catch (error) {
    if (error instanceof TransportError) return null;
    throw error;
  }
}

function requireRetryAfter(answer: Answer): void {
  const isEnvelope = errorOf(answer)?.['code'] === 'service_unavailable';
  if (isEnvelope && /^\d+$/.test(answer.headers['retry-after'] ?? '')) return;
  throw new Unmet({
    expected: '503 with Retry-After, and the code service_unavailable in JSON',
    came: describe(answer),
    advice:
      'a load balancer’s own 503 has neither: is the standby responder running and registered (its Auto Scaling group, target group)?',
  });
}
