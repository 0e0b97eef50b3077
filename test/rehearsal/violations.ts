import type { MockAws } from './mock-aws.ts';

/** Something in a request that AWS would have refused and the mock has taken. */
export interface Violation {
  service: string;
  operation: string;
  /** Of the member, such as `IpPermissions[0].IpRanges[0].Description`. */
  path: string;
  /** As JSON, shortened. */
  value: string;
  rule: string;
}

const told = ({ service, operation, path, value, rule }: Violation): string =>
  `${service} ${operation}: ${path} = ${value}: ${rule}`;

/** Throws with a line for each thing that AWS would have refused of what the mock was sent since it started. */
export async function expectNoViolations(aws: Pick<MockAws, 'violations'>): Promise<void> {
  const found = await aws.violations();
  if (found.length > 0) throw new Error(`AWS would refuse what the mock took:\n${found.map(told).join('\n')}`);
}
