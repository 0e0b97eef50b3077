import { pass, Unmet, type Check } from '../check.ts';
import type { Edge } from './edge.ts';

/** The web ACL with the limit by address guards the stage that callers use. */
export const firewallCheck = ({ aws, apiId, webAclArn }: Edge): Check => ({
  id: 'edge-firewall',
  isAboutAws: true,
  run: async () => {
    const { item: stages = [] } = await (await aws.client('api-gateway')).getStages({ restApiId: apiId });
    const waf = await aws.client('wafv2');
    for (const { stageName } of stages) {
      const ResourceArn = `arn:${partitionOf(webAclArn)}:apigateway:${aws.region}::/restapis/${apiId}/stages/${stageName}`;
      const { WebACL } = await waf.getWebACLForResource({ ResourceArn });
      if (WebACL?.ARN === webAclArn) continue;
      throw new Unmet({
        expected: `stage ${stageName} to be guarded by ${webAclArn}`,
        came: WebACL?.ARN ?? 'no web ACL',
        advice: 'deploy again: nothing bounds what one address may send to all hosts together',
      });
    }
    return pass(`guards ${stages.map(({ stageName }) => stageName).join(', ')}`);
  },
});

const partitionOf = (arn: string): string => arn.split(':')[1] ?? 'aws';
