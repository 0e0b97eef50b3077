import { GatewayError } from '../../../errors.ts';
import type { Aws } from '../../aws/clients.ts';
import { textOutput } from '../../state-outputs.ts';

/** The edge of a deployment: its parts by their ids, from the topology’s outputs. */
export interface Edge {
  aws: Aws;
  apiEndpoint: string;
  apiId: string;
  albArn: string;
  vpcLinkId: string;
  webAclArn: string;
}

/** Finds the parts of the edge. @throws GatewayError: nothing is deployed, or an output is missing */
export function edgeOf(aws: Aws, outputs: Readonly<Record<string, unknown>> | null, prefix: string): Edge {
  if (outputs === null) {
    throw new GatewayError('not_found', `there is no state of ${prefix} in this account and region: sluice deploy makes it`);
  }
  const read = (name: string): string => {
    const value = textOutput(outputs, name);
    if (value !== undefined) return value;
    throw new GatewayError(
      'not_found',
      `the state of ${prefix} has no output ${name}: has a deployment ended before its end? Deploy again`,
    );
  };
  return {
    aws,
    apiEndpoint: read('api_endpoint').replace(/\/+$/, ''),
    apiId: read('api_id'),
    albArn: read('alb_arn'),
    vpcLinkId: read('vpc_link_id'),
    webAclArn: read('web_acl_arn'),
  };
}
