import { blocks, resourcesOf, type PlanJson, type Resource } from './plan.ts';
import { isWithin, rangeOf } from './zones.ts';

interface Rule {
  from: string;
  ports: [unknown, unknown];
  protocol: unknown;
  cidrs: string[];
  /** Other groups, prefix lists or the group itself; also one that only an apply will name. */
  hasReference: boolean;
  /** A range of addresses that the plan does not tell. */
  isUnknown: boolean;
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((entry): entry is string => typeof entry === 'string' && entry !== '');

const rangesIn = (values: Record<string, unknown>): string[] =>
  ['cidr_ipv4', 'cidr_ipv6', 'cidr_blocks', 'ipv6_cidr_blocks'].flatMap((name) => texts(values[name]));

const references = ['referenced_security_group_id', 'source_security_group_id', 'security_groups'] as const;

function ruleOf(address: string, values: Record<string, unknown>, unknown: Record<string, unknown>): Rule {
  const isUnknownRange = ['cidr_ipv4', 'cidr_ipv6', 'cidr_blocks', 'ipv6_cidr_blocks', 'prefix_list_id', 'prefix_list_ids'].some(
    (name) => unknown[name] === true || (Array.isArray(unknown[name]) && (unknown[name] as unknown[]).includes(true)),
  );
  return {
    from: address,
    ports: [values['from_port'], values['to_port']],
    protocol: values['ip_protocol'] ?? values['protocol'],
    cidrs: rangesIn(values),
    hasReference: values['self'] === true || references.some((name) => texts(values[name]).length > 0 || Boolean(unknown[name])),
    isUnknown: isUnknownRange,
  };
}

/** Rules in all of the three forms that the provider has. */
function ingressRules(plan: PlanJson): Rule[] {
  const inline = (resource: Resource): Rule[] =>
    blocks(resource.values, 'ingress').map((values) => ruleOf(resource.address, values, {}));
  return [
    ...resourcesOf(plan, 'aws_vpc_security_group_ingress_rule').map(({ address, values, unknown }) =>
      ruleOf(address, values, unknown),
    ),
    ...resourcesOf(plan, 'aws_security_group_rule')
      .filter(({ values }) => values['type'] === 'ingress')
      .map(({ address, values, unknown }) => ruleOf(address, values, unknown)),
    ...resourcesOf(plan, 'aws_security_group').flatMap(inline),
    ...resourcesOf(plan, 'aws_default_security_group').flatMap(inline),
  ];
}

const isPrivate = (cidr: string, ranges: readonly string[]): boolean =>
  !cidr.includes(':') && ranges.some((range) => isWithin(rangeOf(cidr), rangeOf(range)));

function faultsOf(rule: Rule, ranges: readonly string[]): string[] {
  const [from, to] = rule.ports;
  const isHttps = from === 443 && to === 443 && rule.protocol === 'tcp';
  const foreign = rule.cidrs.filter((cidr) => !isPrivate(cidr, ranges));
  const faults = foreign
    .filter((cidr) => !(isHttps && (cidr === '0.0.0.0/0' || cidr === '::/0')))
    .map((cidr) => `${rule.from} admits ${cidr} to ${String(rule.protocol)} ${String(from)}-${String(to)}`);
  if (rule.isUnknown) faults.push(`${rule.from} admits addresses that are not known before an apply`);
  if (rule.cidrs.length === 0 && !rule.hasReference && !rule.isUnknown) faults.push(`${rule.from} does not say whom it admits`);
  // Every port is more than any of these services has.
  if (rule.protocol === '-1' || from === undefined || from === null) faults.push(`${rule.from} opens every port`);
  return faults;
}

/** Property 5: rules that admit more than HTTPS from anywhere, and else the VPC's own addresses and groups. */
export function openIngress(plan: PlanJson): string[] {
  const ranges = resourcesOf(plan, 'aws_vpc').flatMap(({ values }) => texts(values['cidr_block']));
  return ingressRules(plan).flatMap((rule) => faultsOf(rule, ranges));
}
