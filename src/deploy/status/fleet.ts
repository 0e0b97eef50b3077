import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';
import type { Names } from '../names.ts';

/** A host as its group and the load balancer see it. */
export interface HostStatus {
  id: string;
  type: string;
  zone: string;
  /** Auto Scaling's lifecycle state: `Pending:Wait` while it gets ready. */
  lifecycle: string;
  /** Of the target group; null: not registered. */
  target: string | null;
  /** Why the target is not healthy. */
  reason: string | null;
}

/** A group of hosts; what it did last, the newest first. */
export interface GroupStatus {
  name: string;
  desired: number;
  min: number;
  max: number;
  inService: number;
  hosts: readonly HostStatus[];
  activities: readonly { atMs: number; status: string; description: string; cause: string }[];
}

/** Both groups of a deployment; null: there is no such group. */
export async function fleetStatus(aws: Aws, names: Names): Promise<{ fleet: GroupStatus | null; standby: GroupStatus | null }> {
  const client = await aws.client('auto-scaling');
  const [{ AutoScalingGroups = [] }, targets] = await Promise.all([
    client.describeAutoScalingGroups({ AutoScalingGroupNames: [names.fleet, names.standby] }),
    targetHealth(aws, names.targetGroup),
  ]);
  const statusOf = async (name: string): Promise<GroupStatus | null> => {
    const group = AutoScalingGroups.find((one) => one.AutoScalingGroupName === name);
    if (group === undefined) return null;
    const { Activities = [] } = await client.describeScalingActivities({ AutoScalingGroupName: name, MaxRecords: 20 });
    return groupStatus(group, targets, Activities);
  };
  const [fleet, standby] = await Promise.all([statusOf(names.fleet), statusOf(names.standby)]);
  return { fleet, standby };
}

function groupStatus(
  group: AutoScalingGroup,
  targets: readonly TargetHealthDescription[],
  activities: readonly Activity[],
): GroupStatus {
  const hosts = (group.Instances ?? []).map(
    ({ InstanceId = '', InstanceType = '', AvailabilityZone = '', LifecycleState = '' }) => {
      const health = targets.find(({ Target }) => Target?.Id === InstanceId)?.TargetHealth;
      const reason = health?.Description ?? health?.Reason ?? null;
      return {
        id: InstanceId,
        type: InstanceType,
        zone: AvailabilityZone,
        lifecycle: LifecycleState,
        target: health?.State ?? null,
        reason,
      };
    },
  );
  return {
    name: group.AutoScalingGroupName ?? '',
    desired: group.DesiredCapacity ?? 0,
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    inService: hosts.filter(({ lifecycle }) => lifecycle === 'InService').length,
    hosts,
    activities: activities.map(({ StartTime, StatusCode = '', Description = '', StatusMessage, Cause = '' }) => ({
      atMs: StartTime?.getTime() ?? 0,
      status: StatusCode,
      description: Description,
      cause: StatusMessage ?? Cause,
    })),
  };
}

async function targetHealth(aws: Aws, name: string): Promise<TargetHealthDescription[]> {
  const client = await aws.client('elastic-load-balancing-v2');
  try {
    const { TargetGroups = [] } = await client.describeTargetGroups({ Names: [name] });
    const [group] = TargetGroups;
    if (group === undefined) return [];
    return (await client.describeTargetHealth({ TargetGroupArn: group.TargetGroupArn })).TargetHealthDescriptions ?? [];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
