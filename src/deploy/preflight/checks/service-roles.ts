import { isMissing } from '../../aws/describe-error.ts';
import { pass, warn, type Check } from '../check.ts';

/** Roles that AWS makes for its services at their first use, and the service each is for. */
const roles = [
  ['AWSServiceRoleForAutoScaling', 'autoscaling.amazonaws.com'],
  ['AWSServiceRoleForElasticLoadBalancing', 'elasticloadbalancing.amazonaws.com'],
  ['AWSServiceRoleForAPIGateway', 'ops.apigateway.amazonaws.com'],
] as const;

/** The services' own roles are there; otherwise the first deployment must be allowed to make them. */
export const serviceRolesCheck: Check = {
  id: 'service-roles',
  phase: 'account',
  async run({ aws }) {
    const iam = await aws.client('iam');
    const missing: (readonly [string, string])[] = [];
    for (const role of roles) {
      await iam.getRole({ RoleName: role[0] }).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
        missing.push(role);
      });
    }
    if (missing.length === 0) return pass('Auto Scaling, load balancing and API Gateway have theirs');
    const commands = missing.map(([, service]) => `aws iam create-service-linked-role --aws-service-name ${service}`);
    return warn(
      `${missing.map(([name]) => name).join(', ')} will be made at the first use, if iam:CreateServiceLinkedRole is allowed`,
      `else let an administrator run: ${commands.join(' && ')}`,
    );
  },
};
