import { GatewayError, type ErrorCode } from '../errors.ts';
import type { Diagnostic } from './events.ts';
import { quoted } from './quoted.ts';

/** A run that failed. */
export interface FailedRun {
  /** What to call the program: `tofu`. */
  program: string;
  directory: string;
  command: string;
  errors: readonly Diagnostic[];
  /** The end of what it said, for failures without a diagnostic. */
  text: string;
  isInterrupted: boolean;
  /** It did not end by itself but by a signal that leaves no time for the state. */
  isKilled: boolean;
  /** Who the program says holds the locks that it takes: `ada@laptop`. */
  who: string;
  startedAtMs: number;
  byHand: ByHand;
}

/** How the program is started by hand as it was started here. */
export interface ByHand {
  /** Its path, or its name if that is enough. */
  program: string;
  /** Where it keeps the settings of the backend, if not in the root's folder. */
  dataDirectory: string | undefined;
}

interface Explanation {
  pattern: RegExp;
  code: ErrorCode;
  /** What was wrong and what to do, or undefined if this is another failure after all. */
  explain: (text: string, run: FailedRun) => string | undefined;
}

/** The value of a line of the lock's description: `  Who:       root@host`. */
const lockField = (text: string, name: string): string =>
  new RegExp(`^\\s*${name}:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '?';

const addressOf = (run: FailedRun, pattern: RegExp): string =>
  run.errors.find((error) => pattern.test(`${error.summary}\n${error.detail}`))?.address ?? '';

const forResource = (address: string): string => (address === '' ? '' : ` (${address})`);

const refusal = /AccessDenied|UnauthorizedOperation|not authorized to perform|StatusCode: 403/;

const isRefusal = (error: Diagnostic): boolean => refusal.test(`${error.summary}\n${error.detail}`);

const refusalIn = (error: Diagnostic): string =>
  `${refusalOf(`${error.summary}\n${error.detail}`)}${forResource(error.address ?? '')}`;

/** `ec2:CreateVpc on arn:… to arn:…`, as far as AWS says it; some services say nothing but the operation. */
function refusalOf(text: string): string {
  const [, action] = /not authorized to perform:?\s+([\w-]+:\w+)/.exec(text) ?? [];
  const [, service = 'AWS', operation = 'the call'] = /operation error ([\w ]+): (\w+)/.exec(text) ?? [];
  const [, resource] = /on resource:?\s+(\S+)/.exec(text) ?? [];
  const [, identity] = /User:\s+(\S+)/.exec(text) ?? [];
  return `${action ?? `${service} ${operation}`}${resource === undefined ? '' : ` on ${resource}`}${identity === undefined ? '' : ` to ${identity}`}`;
}

/** `cd FOLDER && TF_DATA_DIR=… tofu`: without the folder of its settings it would know of no backend. */
function commandByHand({ directory, byHand: { program, dataDirectory } }: FailedRun): string {
  return `cd ${quoted(directory)} && ${dataDirectory === undefined ? '' : `TF_DATA_DIR=${quoted(dataDirectory)} `}${quoted(program)}`;
}

const alreadyExists =
  /AlreadyExists|already exists|ResourceExistsException|BucketAlreadyOwnedByYou|Duplicate(?:LoadBalancer|TargetGroup)Name|InvalidGroup\.Duplicate/;

/** What AWS has and the state lacks, each by its address and, as far as it is told, its name: `creating ECR Repository (NAME): …`. */
function explainExisting(_text: string, run: FailedRun): string {
  const errors = run.errors.map((error) => ({ address: error.address, said: `${error.summary}\n${error.detail}` }));
  const found = errors
    .filter(({ said }) => alreadyExists.test(said))
    .map(
      ({ address = 'something', said }) =>
        `${address}${/creating [\w /]+ (\([^()\s]+\))/.exec(said)?.[1]?.replace(/^/, ' ') ?? ''}`,
    );
  const others = errors.filter(({ said }) => !alreadyExists.test(said)).map(({ said }) => `\n${said.trim()}`);
  return (
    `this exists in AWS already, but not in the state: ${found.join(', ')}. A run that was killed may have made it, or another service of this name. ` +
    'Delete it there if nothing uses it, and run this again. Or take it into the state, with the variables that the plan had: ' +
    `${commandByHand(run)} import ADDRESS ID (the ID is the name of most, the ARN of load balancers, target groups and secrets)${others.join('')}`
  );
}

function explainLock(text: string, run: FailedRun): string {
  const [who, since] = [lockField(text, 'Who'), lockField(text, 'Created')];
  const operation = lockField(text, 'Operation').replace('OperationType', '').toLowerCase();
  const told = `the state ${lockField(text, 'Path')} is locked by ${who} since ${since} (${operation})`;
  const unlock = `${commandByHand(run)} force-unlock ${lockField(text, 'ID')}`;
  // When AWS's answer is lost on the way, its client asks again, and is refused because of the lock that it has.
  if (who === run.who && Date.parse(since.replace(/^(\S+) (\S{12})\S* .*/, '$1T$2Z')) >= run.startedAtMs)
    return `${told}, which is after this run began: it is its own, unless you began another. AWS's answer was lost. Free what is left of it (of the two locks one may be gone, which is then told as an error), and run this again: ${unlock}`;
  return `${told}. Wait until that run has ended. Only if it died: ${unlock}`;
}

const explanations: Explanation[] = [
  {
    pattern: /no space left on device|disk quota exceeded/,
    code: 'service_unavailable',
    explain: (text) => {
      const path = /(?:write|open|mkdir) ([^\s:"]+): (?:no space|disk quota)/.exec(text)?.[1];
      return `the disk is full${path === undefined ? '' : ` (${path})`}: make room, or name another folder in XDG_CACHE_HOME, and run it again to go on`;
    },
  },
  {
    pattern: /acquiring the state lock[\s\S]*Lock Info:/,
    code: 'service_unavailable',
    explain: explainLock,
  },
  {
    pattern: /acquiring the state lock[\s\S]*DynamoDB[\s\S]*ResourceNotFoundException/,
    code: 'not_found',
    explain: () =>
      'the lock table of the state does not exist in this account and region. Check dynamodb_table and region of the backend, or apply infrastructure/bootstrap first, which makes the table',
  },
  {
    pattern: /S3 bucket.*does not exist|NoSuchBucket/,
    code: 'not_found',
    explain: () =>
      'the bucket of the state does not exist. Check bucket and region of the backend, or apply infrastructure/bootstrap first, which makes the bucket',
  },
  {
    pattern:
      /No valid credential sources|InvalidClientTokenId|InvalidAccessKeyId|ExpiredToken|UnrecognizedClientException|SignatureDoesNotMatch|retrieving caller identity/,
    code: 'unauthorized',
    explain: (text) =>
      /Expired/.test(text)
        ? 'the AWS credentials have expired: log in again (`aws sso login`) and repeat the command'
        : 'AWS does not accept the credentials, or there are none: log in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  {
    // A 403 as well, but no permission is missing.
    pattern: /account must be verified before you can add/,
    code: 'service_unavailable',
    explain: (_text, run) =>
      `AWS has not verified this account for CloudFront yet${forResource(addressOf(run, /account must be verified/))}, as it does with new accounts. Ask its support, which is free: https://aws.amazon.com/contact-us. Until then set enable_demo = false: the service does without its page`,
  },
  {
    pattern: refusal,
    code: 'route_access_denied',
    explain: (text, run) =>
      `AWS refuses ${run.errors.length === 0 ? refusalOf(text) : run.errors.filter(isRefusal).map(refusalIn).join('; ')}. Allow it in a policy of that identity, its permissions boundary and the organisation's service control policies, or use the role that infrastructure/bootstrap makes`,
  },
  {
    pattern: alreadyExists,
    code: 'bad_request',
    explain: explainExisting,
  },
  {
    pattern: /"[\w.]+" \(.*\) is an invalid ARN/,
    code: 'bad_request',
    explain: (text, run) => {
      const [, argument = '', value = '', fault = ''] = /"([\w.]+)" \((.*)\) is an invalid ARN:?\s*(.*)/.exec(text) ?? [];
      return `${argument} is ${JSON.stringify(value)}, which is not an ARN${fault === '' ? '' : ` (${fault})`}${forResource(addressOf(run, /is an invalid ARN/))}. Give it as arn:aws:<service>:<region>:<account>:<resource>, a certificate as arn:aws:acm:<region>:<account>:certificate/<id>`;
    },
  },
  {
    pattern: /InsufficientInstanceCapacity|do not have sufficient .* capacity|VcpuLimitExceeded|MaxSpotInstanceCountExceeded/,
    code: 'service_unavailable',
    explain: (text) =>
      /VcpuLimitExceeded|MaxSpotInstanceCountExceeded/.test(text)
        ? 'the account may not run more instances of this kind: raise the quota "Running On-Demand G and VT instances" (L-DB2E81BA) of EC2 in this region, which AWS often decides within a day'
        : 'AWS has no such instance to give at the moment. Allow more types in fallback_instance_types or more zones in availability_zones, try another region, or try again later',
  },
  {
    pattern: /waiting for Auto Scaling Group.*capacity/i,
    code: 'gateway_timeout',
    explain: (text) =>
      `the instances were not healthy in time: ${/waiting for Auto Scaling Group[^\n]*/i.exec(text)?.[0] ?? ''}. The scaling activities of the group say why (capacity, quota, image), the log group of the hosts says what their start did`,
  },
  {
    pattern: /query available provider packages|not found in any of the search locations|Failed to install provider/,
    code: 'bad_gateway',
    explain: (text) =>
      `the provider cannot be had: ${/(?:Could not|provider \S+\/)[^\n]*/.exec(text)?.[0] ?? 'see above'}. Give this machine a way to the registry, or name a folder with the provider in SLUICE_PROVIDER_MIRROR`,
  },
];

const line = (error: Diagnostic): string =>
  `${error.summary}${error.address === undefined ? '' : ` (${error.address})`}${error.place === undefined ? '' : ` at ${error.place}`}${error.detail === '' ? '' : `\n${error.detail.split('\n').slice(0, 12).join('\n')}`}`;

const lastLines = (text: string): string => text.trim().split('\n').slice(-12).join('\n');

/** State and lock are written by the program itself, which had no time for it. */
const killedMessage = ({ program, command, directory }: FailedRun): string =>
  `${program} ${command} in ${directory} was killed before it ended by itself. What it made last may be missing in the state, and the state may still be locked. ` +
  'Run it again to go on: it says how a lock is given back, and what there is already';

/**
 * A failed run as an error that says what to do: a lock that is held, a bucket or table that is missing, credentials, permissions, a malformed ARN,
 * capacity, the provider, what exists already, a run that was killed. Anything else is `bad_request` with the program's own words, which also are the `cause` of the rest.
 */
export function failureOf(run: FailedRun): GatewayError {
  const said = run.errors.length === 0 ? lastLines(run.text) : run.errors.map(line).join('\n');
  const cause = new Error(said);
  if (run.isKilled) return new GatewayError('request_timeout', killedMessage(run), { cause });
  if (run.isInterrupted)
    return new GatewayError(
      'request_timeout',
      `${run.program} ${run.command} in ${run.directory} was interrupted; it stopped in order, and what it had made is in the state. Run it again to go on`,
      { cause },
    );
  const text = run.errors.length === 0 ? run.text : run.errors.map((error) => `${error.summary}\n${error.detail}`).join('\n\n');
  for (const { pattern, code, explain } of explanations) {
    const message = pattern.test(text) ? explain(text, run) : undefined;
    if (message !== undefined) return new GatewayError(code, message, { cause });
  }
  return new GatewayError('bad_request', `${run.program} ${run.command} failed in ${run.directory}:\n${said}`);
}
