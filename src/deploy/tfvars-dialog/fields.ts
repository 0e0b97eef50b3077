import { nameFault } from '../names.ts';
import type { Tfvars, TfvarsValue } from '../tfvars.ts';
import { isUnset, type Field } from './field.ts';

const always = () => true;
const never = () => false;
const isSet =
  (name: string) =>
  (answers: Tfvars): boolean =>
    !isUnset(answers[name]);

const matches = (pattern: RegExp, fault: string) => (value: TfvarsValue) =>
  isUnset(value) || pattern.test(String(value)) ? undefined : fault;

const wholeFrom = (least: number, most: number) => (value: TfvarsValue) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most
    ? undefined
    : `it must be a whole number from ${least} to ${most}`;

const certificate = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[0-9a-f-]{36}$/;

function zonesFault(value: TfvarsValue, { aws_region: region }: Tfvars): string | undefined {
  const zones = value as readonly string[];
  if (zones.length < 2 || zones.length > 4 || new Set(zones).size < zones.length) return 'it needs two to four different zones';
  const foreign = zones.filter((zone) => !zone.startsWith(String(region)) || !/^[a-z]$/.test(zone.slice(String(region).length)));
  return foreign.length === 0 ? undefined : `${foreign.join(', ')}: a zone is ${String(region)} and a letter`;
}

function typesFault(value: TfvarsValue, { allow_other_gpu_families: areOthersAllowed, instance_type: first }: Tfvars) {
  const types = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
  const wrong = types.filter((type) => !/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(type));
  if (wrong.length > 0) return `${wrong.join(', ')}: an instance type looks like g5.xlarge`;
  if (new Set(types).size < types.length) return 'a type stands there twice';
  if (Array.isArray(value) && types.includes(String(first))) return `${String(first)} is the first choice already`;
  const others = types.filter((type) => !/^(g4dn|g5)\./.test(type));
  if (others.length === 0 || areOthersAllowed === true) return undefined;
  return `${others.join(', ')}: other families than g4dn and g5 need allow_other_gpu_families = true`;
}

/** Addresses of four bytes with a prefix; the bits behind it must be 0. */
function rangeFault(value: TfvarsValue): string | undefined {
  const fault = 'it must be an IPv4 range of /16 to /22 that begins at its own first address, such as 10.0.0.0/16';
  const [, one, two, three, four, prefix] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(1[6-9]|2[0-2])$/.exec(String(value)) ?? [];
  const bytes = [one, two, three, four].map(Number);
  if (prefix === undefined || bytes.some((byte) => byte > 255)) return fault;
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return address % 2 ** (32 - Number(prefix)) === 0 ? undefined : fault;
}

const retentions = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/**
 * The variables that matter, in the order in which they are asked for and written. Each rule is that of infrastructure/topologies/gpu/variables.tf, which
 * a test holds them against; the rest of that file's variables have defaults that fit nearly everybody.
 */
export const fields: readonly Field[] = [
  {
    name: 'name',
    kind: 'text',
    question: 'Short name of the service, which every resource name begins with',
    comment: 'as given to sluice bootstrap',
    fallback: () => 'llm',
    isAsked: always,
    fault: (value) => nameFault(String(value)),
  },
  {
    name: 'aws_region',
    kind: 'text',
    question: 'AWS region',
    comment: '',
    fallback: () => 'us-east-1',
    isAsked: always,
    fault: matches(/^[a-z]{2}(-[a-z]+)+-[1-9]$/, "it must be a region's code, such as us-east-1"),
  },
  {
    name: 'availability_zones',
    kind: 'list',
    question: 'Two to four zones to spread over',
    comment: 'sluice preflight looks whether they offer what is needed',
    fallback: (environment, { aws_region: region }) =>
      ['a', 'b', ...(environment === 'prod' ? ['c'] : [])].map((letter) => `${String(region)}${letter}`),
    isAsked: always,
    fault: zonesFault,
  },
  {
    name: 'vpc_cidr',
    kind: 'optionalText',
    question: 'IPv4 range of the network',
    comment: '',
    isAsked: never,
    fault: (value) => (isUnset(value) ? undefined : rangeFault(value)),
  },
  {
    name: 'egress_mode',
    kind: 'text',
    question: 'How hosts reach AWS: nat, or endpoints (no way to the internet)',
    comment: 'endpoints: no way to the internet; nat: one gateway',
    fallback: (environment) => (environment === 'dev' ? 'nat' : 'endpoints'),
    isAsked: always,
    fault: matches(/^(endpoints|nat)$/, 'it must be endpoints or nat'),
  },
  {
    name: 'allow_other_gpu_families',
    kind: 'boolean',
    question: 'Take instance types besides g4dn and g5?',
    comment: '',
    isAsked: never,
  },
  {
    name: 'instance_type',
    kind: 'text',
    question: 'GPU instance type',
    comment: '',
    fallback: () => 'g5.xlarge',
    isAsked: always,
    fault: typesFault,
  },
  {
    name: 'fallback_instance_types',
    kind: 'list',
    question: 'Further types in order, for when the first has no capacity; empty for none',
    comment: 'tried in this order',
    fallback: (environment, { instance_type: first }) =>
      (environment === 'prod' ? ['g5.2xlarge', 'g4dn.xlarge'] : ['g4dn.xlarge']).filter((type) => type !== first),
    isAsked: always,
    fault: typesFault,
  },
  {
    name: 'min_instances',
    kind: 'number',
    question: 'Fewest GPU hosts; one always runs',
    comment: '',
    fallback: (environment) => (environment === 'prod' ? 2 : 1),
    isAsked: always,
    fault: wholeFrom(0, 100),
  },
  {
    name: 'max_instances',
    kind: 'number',
    question: 'Most GPU hosts',
    comment: '',
    fallback: (environment, { min_instances: least }) => Math.max(environment === 'prod' ? 8 : 2, Number(least)),
    isAsked: always,
    fault: (value, { min_instances: least }) => wholeFrom(Math.max(1, Number(least)), 100)(value),
  },
  {
    name: 'ami_id',
    kind: 'optionalText',
    question: 'Machine image of GPU hosts',
    comment: 'sluice preflight shows the newest',
    isAsked: never,
    fault: matches(/^ami-[0-9a-f]{8,17}$/, 'it must look like ami-0123456789abcdef0'),
  },
  {
    name: 'api_key_required',
    kind: 'boolean',
    question: 'Does inference need an API key?',
    comment: 'sluice deploy makes the key, and shows it once',
    fallback: (environment) => environment !== 'dev',
    isAsked: always,
  },
  {
    name: 'rate_limit_per_ip',
    kind: 'optionalNumber',
    question: 'Requests that one client address may make in 60 seconds',
    comment: '',
    isAsked: never,
    fault: wholeFrom(10, 2_000_000_000),
  },
  {
    name: 'certificate_arn',
    kind: 'optionalText',
    question: 'ARN of an ACM certificate of the region, for a domain of your own; empty for none',
    comment: '',
    isAsked: always,
    fault: (value, { aws_region: region }) => {
      if (isUnset(value)) return undefined;
      if (!certificate.test(String(value))) return 'it must be arn:aws:acm:<region>:<account>:certificate/<id>';
      return String(value).includes(`:acm:${String(region)}:`) ? undefined : `it must be a certificate of ${String(region)}`;
    },
  },
  {
    name: 'alb_server_name',
    kind: 'optionalText',
    question: 'A name that the certificate is valid for; it need not resolve',
    comment: 'API Gateway checks it when it connects to the load balancer',
    isAsked: always,
    needs: 'certificate_arn',
    fault: (value, answers) =>
      isUnset(value) === !isSet('certificate_arn')(answers)
        ? undefined
        : 'it and certificate_arn belong together: give both or none',
  },
  {
    name: 'domain_name',
    kind: 'optionalText',
    question: 'Own domain of the API; empty for none',
    comment: '',
    isAsked: always,
    needs: 'certificate_arn',
    fault: (value, answers) =>
      isUnset(value) || isSet('certificate_arn')(answers) ? undefined : 'it needs certificate_arn, a certificate for that name',
  },
  {
    name: 'hosted_zone_id',
    kind: 'optionalText',
    question: 'Route 53 zone in which the domain gets its record; empty: you make the record',
    comment: '',
    isAsked: always,
    needs: 'domain_name',
    fault: (value, answers) =>
      isUnset(value) || (isSet('domain_name')(answers) && /^Z[A-Z0-9]+$/.test(String(value)))
        ? undefined
        : 'it must look like Z0123456789ABC and needs domain_name',
  },
  {
    name: 'enable_demo',
    kind: 'boolean',
    question: 'Is there a public demo page?',
    comment: '',
    isAsked: never,
  },
  {
    name: 'retention_days',
    kind: 'optionalNumber',
    question: 'Days that logs are kept',
    comment: '',
    isAsked: never,
    fault: (value) => (retentions.includes(Number(value)) ? undefined : `it must be one of ${retentions.join(', ')}`),
  },
  {
    name: 'sns_topic_arn',
    kind: 'optionalText',
    question: 'Topic that alarms go to',
    comment: '',
    isAsked: never,
    fault: matches(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+$/, 'it must be the ARN of an SNS topic'),
  },
  {
    name: 'alarm_email',
    kind: 'optionalText',
    question: 'E-mail address for alarms; empty for none',
    comment: 'it must confirm the subscription',
    isAsked: (answers) => !isSet('sns_topic_arn')(answers),
    fault: (value, answers) => {
      if (isUnset(value)) return undefined;
      if (isSet('sns_topic_arn')(answers)) return 'it goes only with a topic of its own: leave sns_topic_arn out';
      return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(String(value)) ? undefined : 'it must be an e-mail address';
    },
  },
  {
    name: 'budget_usd_month',
    kind: 'optionalNumber',
    question: 'US dollars a month above which an alarm is raised; empty for none',
    comment: 'an alarm when the last hours, gone on for a month, would cost more',
    isAsked: always,
    fault: (value) => (isUnset(value) || Number(value) > 0 ? undefined : 'it must be above 0'),
  },
  {
    name: 'deletion_protection',
    kind: 'boolean',
    question: 'Does the load balancer refuse to be deleted?',
    comment: '',
    isAsked: never,
  },
];
