import type { CertificateDetail } from '@aws-sdk/client-acm';
import { isMissing } from '../../aws/describe-error.ts';
import { textValue, type Target } from '../../target.ts';
import { fail, pass, warn, type Check, type CheckContext, type Finding } from '../check.ts';

const dayMs = 86_400_000;
const soonDays = 30;

interface Use {
  id: string;
  variable: string;
  /** Variables with names that the certificate must hold. */
  names: readonly string[];
  region(target: Target): string;
  none: string;
}

const uses: readonly Use[] = [
  {
    id: 'certificate',
    variable: 'certificate_arn',
    names: ['alb_server_name', 'domain_name'],
    region: ({ region }) => region,
    none: "none: the API has AWS's own name and certificate",
  },
  {
    id: 'demo-certificate',
    variable: 'demo_certificate_arn',
    names: ['demo_domain_name'],
    region: () => 'us-east-1',
    none: "none: the demo page has CloudFront's own name and certificate",
  },
];

/** A certificate that the variables name is issued, of the right region, holds the names, and lives for a while. */
export const certificateChecks: readonly Check[] = uses.map((use) => ({
  id: use.id,
  phase: 'account',
  run: (context) => look(context, use),
}));

async function look({ aws, target, nowMs }: CheckContext, use: Use): Promise<Finding> {
  const arn = textValue(target.values, use.variable);
  if (arn === undefined) return pass(use.none);
  const region = use.region(target);
  const actual = arn.split(':')[3];
  if (actual !== region) {
    return fail(
      `${use.variable} is of ${actual}, but must be of ${region}`,
      `request it there: aws acm request-certificate --region ${region}`,
    );
  }
  const client = await aws.inRegion(region).client('acm');
  const certificate = await client.describeCertificate({ CertificateArn: arn }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (certificate?.Certificate === undefined)
    return fail(`${arn} does not exist`, `list them: aws acm list-certificates --region ${region}`);
  const wanted = use.names.flatMap((variable) => textValue(target.values, variable) ?? []);
  return judge(certificate.Certificate, wanted, nowMs);
}

function judge(certificate: CertificateDetail, wanted: readonly string[], nowMs: number): Finding {
  const { Status, NotAfter, DomainName = '', SubjectAlternativeNames = [] } = certificate;
  if (Status === 'PENDING_VALIDATION') {
    const record = certificate.DomainValidationOptions?.[0]?.ResourceRecord;
    const fix =
      record === undefined
        ? 'confirm it as ACM asked by e-mail'
        : `make the DNS record ${record.Name} ${record.Type} ${record.Value}`;
    return fail(`${DomainName} waits to be validated`, fix);
  }
  if (Status !== 'ISSUED') return fail(`${DomainName} is ${Status}`, 'request a new one: aws acm request-certificate');
  const names = [DomainName, ...SubjectAlternativeNames];
  const uncovered = wanted.filter((name) => !names.some((held) => covers(held, name)));
  if (uncovered.length > 0)
    return fail(`${DomainName} does not hold for ${uncovered.join(', ')}`, 'request one that does, or change the name');
  const days = Math.floor(((NotAfter?.getTime() ?? Infinity) - nowMs) / dayMs);
  if (days < soonDays) {
    return warn(
      `${DomainName} ends in ${days} days`,
      certificate.Type === 'IMPORTED'
        ? 'import a new one under the same ARN'
        : 'ACM renews it only while its DNS record stands and it is in use: look at its renewal status',
    );
  }
  return pass(`${DomainName}, for ${days === Infinity ? 'ever' : `${days} more days`}`);
}

/** A wildcard stands for one label (RFC 6125, section 6.4.3). */
function covers(held: string, name: string): boolean {
  if (!held.startsWith('*.')) return held.toLowerCase() === name.toLowerCase();
  return name.toLowerCase().split('.').slice(1).join('.') === held.slice(2).toLowerCase();
}
