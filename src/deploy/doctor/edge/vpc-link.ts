import { pass, Unmet, type Check } from '../check.ts';
import type { Edge } from './edge.ts';

/** The VPC link is in use. One without traffic for 60 days is switched off, and answers 5xx until it has been woken. */
export const vpcLinkCheck = ({ aws, vpcLinkId }: Edge): Check => ({
  id: 'edge-vpc-link',
  isAboutAws: true,
  run: async () => {
    const { VpcLinkStatus, VpcLinkStatusMessage } = await (await aws.client('apigatewayv2')).getVpcLink({ VpcLinkId: vpcLinkId });
    if (VpcLinkStatus === 'AVAILABLE') return pass(`${vpcLinkId} is available`);
    throw new Unmet({
      expected: `VPC link ${vpcLinkId} to be AVAILABLE`,
      came: [VpcLinkStatus ?? 'nothing', VpcLinkStatusMessage].filter(Boolean).join(', '),
      advice:
        VpcLinkStatus === 'INACTIVE'
          ? 'it sleeps after 60 days without traffic: send requests, it takes minutes to wake; then ask /health once a month'
          : 'wait a few minutes; if it stays so, look at its subnets and security group, and deploy again',
    });
  },
});
