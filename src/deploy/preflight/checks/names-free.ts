import type { Aws } from '../../aws/clients.ts';
import { fail, pass, type Check, type CheckContext } from '../check.ts';

/** Nothing has the names yet, if there is no state that would know of it: left-overs make an apply fail half-way. */
export const namesFreeCheck: Check = {
  id: 'names',
  phase: 'account',
  async run(context) {
    const { aws, names } = context;
    if ((await context.deployed()).hasState) return pass('they are in the state of this deployment');
    const found = (await Promise.all([balancers(context), groups(aws, names.prefix), fleets(context)])).flat();
    if (found.length === 0) return pass(`nothing is called ${names.prefix}-…`);
    return fail(
      `there is no state, but there are ${found.slice(0, 6).join(', ')}${found.length > 6 ? ', …' : ''}`,
      'left over from another deployment or a lost state: delete them, import them, or choose another name',
    );
  },
};

async function balancers({ aws, names: { prefix } }: CheckContext): Promise<string[]> {
  const client = await aws.client('elastic-load-balancing-v2');
  const [{ LoadBalancers = [] }, { TargetGroups = [] }] = await Promise.all([
    client.describeLoadBalancers({}),
    client.describeTargetGroups({}),
  ]);
  return [
    ...LoadBalancers.flatMap(({ LoadBalancerName = '' }) =>
      LoadBalancerName === `${prefix}-alb` ? `load balancer ${LoadBalancerName}` : [],
    ),
    ...TargetGroups.flatMap(({ TargetGroupName = '' }) =>
      TargetGroupName === `${prefix}-tg` ? `target group ${TargetGroupName}` : [],
    ),
  ];
}

async function groups(aws: Aws, prefix: string): Promise<string[]> {
  const { logGroups = [] } = await (
    await aws.client('cloudwatch-logs')
  ).describeLogGroups({ logGroupNamePrefix: `/llm/${prefix}/` });
  return logGroups.map(({ logGroupName }) => `log group ${logGroupName}`);
}

async function fleets({ aws, names }: CheckContext): Promise<string[]> {
  const client = await aws.client('auto-scaling');
  const { AutoScalingGroups = [] } = await client.describeAutoScalingGroups({
    AutoScalingGroupNames: [names.fleet, names.standby],
  });
  return AutoScalingGroups.map(({ AutoScalingGroupName }) => `Auto Scaling group ${AutoScalingGroupName}`);
}
