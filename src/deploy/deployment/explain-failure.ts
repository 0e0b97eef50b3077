import { GatewayError } from '../../errors.ts';
import type { DeployContext } from './context.ts';

const shownActivities = 3;

/**
 * Adds to a failed apply what the fleet itself says: AWS starts hosts after the group was made, so a lack of capacity or quota shows only in its
 * scaling activities and in the health of its targets. What cannot be asked is left out.
 */
export async function explainFailure(context: DeployContext, error: unknown): Promise<unknown> {
  if (!(error instanceof GatewayError) || context.signal.aborted) return error;
  const facts = (await Promise.all([activities(context), targets(context)].map((facts) => facts.catch(() => [])))).flat();
  if (facts.length === 0) return error;
  return new GatewayError(error.code, `${error.message}\n${facts.map((fact) => `  ${fact}`).join('\n')}`, { cause: error });
}

async function activities({ aws, names }: DeployContext): Promise<string[]> {
  const client = await aws.client('auto-scaling');
  const { Activities = [] } = await client.describeScalingActivities({ AutoScalingGroupName: names.fleet, MaxRecords: 20 });
  const failed = Activities.filter(({ StatusCode }) => StatusCode === 'Failed' || StatusCode === 'Cancelled');
  const reasons = new Set(failed.map(({ StatusMessage, Description }) => StatusMessage ?? Description ?? 'without a reason'));
  return [...reasons]
    .slice(0, shownActivities)
    .map((reason) => `the fleet could not start a host: ${reason.replace(/\.+$/, '')}${adviceFor(reason)}`);
}

function adviceFor(reason: string): string {
  if (/VcpuLimitExceeded|vCPU (capacity|limit)/i.test(reason)) {
    return '. Ask for more of quota L-DB2E81BA (Running On-Demand G and VT instances): sluice preflight gpu shows how much';
  }
  if (/InsufficientInstanceCapacity|sufficient .*capacity/i.test(reason)) {
    return '. Add zones to availability_zones or types to fallback_instance_types, and deploy again; the group itself also goes on trying';
  }
  return '';
}

async function targets({ aws, names }: DeployContext): Promise<string[]> {
  const client = await aws.client('elastic-load-balancing-v2');
  const { TargetGroups = [] } = await client.describeTargetGroups({ Names: [names.targetGroup] });
  const arn = TargetGroups[0]?.TargetGroupArn;
  if (arn === undefined) return [];
  const { TargetHealthDescriptions = [] } = await client.describeTargetHealth({ TargetGroupArn: arn });
  return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== 'healthy').map(
    ({ Target, TargetHealth }) =>
      `${Target?.Id ?? 'a target'} is ${TargetHealth?.State ?? 'unknown'}${TargetHealth?.Description === undefined ? '' : `: ${TargetHealth.Description}`}`,
  );
}
