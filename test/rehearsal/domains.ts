import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { clientOptions } from './leftovers.ts';
import type { MockAws } from './mock-aws.ts';

/** What only the operator has: certificates and a zone of names. */
export interface Domains {
  /** As arguments of the topology. */
  variables: string[];
}

/** Asks the mock for them, as the operator would before the first deployment. Throws when it refuses. */
export async function makeDomains(aws: MockAws): Promise<Domains> {
  const acm = new ACMClient(clientOptions(aws));
  const certificateOf = async (DomainName: string) =>
    (await acm.send(new RequestCertificateCommand({ DomainName, ValidationMethod: 'DNS' }))).CertificateArn ?? '';
  const zoneId = await makeZone(aws, 'example.com');
  const api = await certificateOf('*.example.com');
  const demo = await certificateOf('demo.example.com');
  return {
    variables: [
      `-var=certificate_arn=${api}`,
      '-var=alb_server_name=alb.example.com',
      '-var=domain_name=api.example.com',
      `-var=hosted_zone_id=${zoneId}`,
      '-var=demo_domain_name=demo.example.com',
      `-var=demo_certificate_arn=${demo}`,
    ],
  };
}

/** Route 53 has no client here. The mock finds the service by the credential's scope and checks no signature. */
async function makeZone(aws: MockAws, name: string): Promise<string> {
  const response = await fetch(`${aws.url}/2013-04-01/hostedzone`, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=none',
      'content-type': 'application/xml',
    },
    body: `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>${name}</Name><CallerReference>${name}</CallerReference></CreateHostedZoneRequest>`,
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const id = /<Id>\/hostedzone\/(\w+)<\/Id>/.exec(text)?.[1];
  if (id === undefined) throw new Error(`the mock made no zone: ${text}`);
  return id;
}
