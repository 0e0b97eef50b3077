import { AutoScalingClient, CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { clientOptions } from './leftovers.ts';

/** A group `fleet` with a launch template `hosts`, which takes the types in their order. */
export async function makeGroup(
  options: ReturnType<typeof clientOptions>,
  types: string[],
  instances = 1,
  more: object = {},
): Promise<AutoScalingClient> {
  const ec2 = new EC2Client(options);
  const { LaunchTemplate: template } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'hosts',
      LaunchTemplateData: { ImageId: 'ami-12c6146b' },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Project', Value: 'llm' }] }],
    }),
  );
  const client = new AutoScalingClient(options);
  await client.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'fleet',
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: instances,
      AvailabilityZones: ['us-east-1a'],
      MixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: { LaunchTemplateId: template!.LaunchTemplateId!, Version: '1' },
          Overrides: types.map((InstanceType) => ({ InstanceType })),
        },
      },
      ...more,
    }),
  );
  return client;
}
