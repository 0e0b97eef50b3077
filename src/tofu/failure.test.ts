import { describe, expect, test } from 'vitest';
import type { GatewayError } from '../errors.ts';
import { parseEvent, parseTextDiagnostics, type Diagnostic } from './events.ts';
import { failureOf, type FailedRun } from './failure.ts';
import { recorded } from './testing/recorded.ts';

function errorsOf(name: string): Diagnostic[] {
  const text = recorded(name);
  if (name.endsWith('.txt')) return parseTextDiagnostics(text);
  return text.split('\n').flatMap((line) => {
    const event = parseEvent(line);
    return event?.type === 'diagnostic' ? [event.diagnostic] : [];
  });
}

const run: FailedRun = {
  program: 'tofu',
  directory: '/infrastructure/gpu',
  command: 'apply',
  errors: [],
  text: '',
  isInterrupted: false,
  isKilled: false,
  who: 'ada@laptop',
  startedAtMs: 0,
  byHand: { program: 'tofu', dataDirectory: undefined },
};

const failed = (errors: Diagnostic[], more: Partial<FailedRun> = {}): GatewayError => failureOf({ ...run, errors, ...more });

const summarised = (summary: string): Diagnostic => ({
  severity: 'error',
  summary,
  detail: '',
  address: 'module.gpu_fleet.aws_autoscaling_group.this',
  place: undefined,
});

test('a full disk is told with its place, though it shows at the lock', () => {
  const text =
    'Error locking state: Error acquiring the state lock Error message: could not write lock info for "/c/terraform.tfstate": write /c/.terraform.tfstate.lock.info: no space left on device';
  expect(failed([], { text })).toMatchObject({
    code: 'service_unavailable',
    message:
      'the disk is full (/c/.terraform.tfstate.lock.info): make room, or name another folder in XDG_CACHE_HOME, and run it again to go on',
  });
});

test.each(['lock-held-table.jsonl', 'lock-held-object.jsonl', 'lock-held.txt'])(
  'a lock that is held is told with its holder, its age and the command that breaks it: %s',
  (name) => {
    const error = failed(errorsOf(name));
    expect(error.code).toBe('service_unavailable');
    expect(error.message).toMatch(
      /^the state state\/gpu\/dev\.tfstate is locked by deployer@workstation since 2026-11-21 15:\d\d:\S+ \+0000 UTC \(apply\)\. Wait .* cd \/infrastructure\/gpu && tofu force-unlock [0-9a-f-]{36}$/,
    );
  },
);

test.each([
  [
    'deployer@workstation',
    '2026-11-21T15:00:00Z',
    /which is after this run began: it is its own, .* Free what is left of it .*: cd .* force-unlock [0-9a-f-]{36}$/,
  ],
  ['deployer@workstation', '2026-11-21T16:00:00Z', /Wait until that run has ended/],
  ['somebody@workstation', '2026-11-21T15:00:00Z', /Wait until that run has ended/],
])('a lock that a run took itself, and was not told of, is told as its own: %s, begun at %s', (who, startedAt, told) => {
  const error = failed(errorsOf('lock-held-table.jsonl'), { who, startedAtMs: Date.parse(startedAt) });
  expect(error.message).toMatch(told);
});

test.each([
  ['bucket-missing.jsonl', 'not_found', /^the bucket of the state does not exist.*infrastructure\/bootstrap/],
  ['locktable-missing.jsonl', 'not_found', /^the lock table of the state does not exist.*infrastructure\/bootstrap/],
  ['no-credentials.jsonl', 'unauthorized', /there are none: log in/],
  ['bad-keys.jsonl', 'unauthorized', /AWS does not accept the credentials/],
  [
    'malformed-arn.jsonl',
    'bad_request',
    /^certificate_arn is "certificate", which is not an ARN \(arn: invalid prefix\) \(aws_lb_listener\.this\)/,
  ],
  ['provider-missing.jsonl', 'bad_gateway', /provider hashicorp\/random.*SLUICE_PROVIDER_MIRROR/],
] as const)('%s becomes what to do about it', (name, code, message) => {
  const error = failed(errorsOf(name));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect((error.cause as Error).message).toContain(errorsOf(name)[0]!.summary.slice(0, 40));
});

test('every permission that is missing is named in one go', () => {
  const error = failed(errorsOf('access-denied.jsonl'));
  expect(error.code).toBe('route_access_denied');
  expect(error.message).toMatch(
    /^AWS refuses ec2:CreateVpc to arn:aws:iam::123456789012:user\/u \(aws_vpc\.this\); IAM CreateRole \(aws_iam_role\.x\); S3 CreateBucket \(aws_s3_bucket\.b\)\. Allow it/,
  );
});

describe('what only the real AWS says', () => {
  test('a refusal names action, resource and identity', () => {
    const error = failed([
      summarised(
        'creating EC2 Launch Template: operation error EC2: CreateLaunchTemplate, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/plan/x is not authorized to perform: ec2:CreateLaunchTemplate on resource: arn:aws:ec2:us-east-1:123456789012:launch-template/* because no identity-based policy allows it',
      ),
    ]);
    expect(error.message).toContain(
      'ec2:CreateLaunchTemplate on arn:aws:ec2:us-east-1:123456789012:launch-template/* to arn:aws:sts::123456789012:assumed-role/plan/x',
    );
  });

  test.each([
    ['api error ExpiredToken: The security token included in the request is expired', 'unauthorized', /expired: log in again/],
    [
      'creating CloudFront Distribution: operation error CloudFront: CreateDistributionWithTags, https response error StatusCode: 403, RequestID: 1, AccessDenied: Your account must be verified before you can add new CloudFront resources. To verify your account, please contact AWS Support',
      'service_unavailable',
      /not verified this account for CloudFront.*support.*enable_demo = false/,
    ],
    [
      'api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 0',
      'service_unavailable',
      /L-DB2E81BA/,
    ],
    [
      'InsufficientInstanceCapacity: We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested',
      'service_unavailable',
      /fallback_instance_types or more zones in availability_zones/,
    ],
    [
      'waiting for Auto Scaling Group (llm-dev-gpu-fleet) capacity satisfied: timeout while waiting',
      'gateway_timeout',
      /llm-dev-gpu-fleet.*scaling activities/,
    ],
  ] as const)('%s', (summary, code, message) => {
    const error = failed([summarised(summary)]);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

test('anything else is told in the words of the program', () => {
  const error = failed(errorsOf('var-missing.jsonl'));
  expect(error.message).toMatch(
    /^tofu apply failed in \/infrastructure\/gpu:\nNo value for required variable at main\.tf:1\nThe root module/,
  );
  const bare = failed([], { command: 'plan', directory: '/d', text: 'panic: nil\ngoroutine 1' });
  expect(bare.message).toBe('tofu plan failed in /d:\npanic: nil\ngoroutine 1');
});

test('an interrupted run is no failure of the infrastructure', () => {
  const error = failed(errorsOf('interrupted.jsonl'), { isInterrupted: true });
  expect(error.code).toBe('request_timeout');
  expect(error.message).toMatch(/was interrupted; .* Run it again/);
});

test('one that was killed is said to be so: the state may lack something, and may be locked', () => {
  const error = failed([], { isInterrupted: true, isKilled: true });
  expect(error.code).toBe('request_timeout');
  expect(error.message).toMatch(/was killed before .* missing in the state, and the state may still be locked\. Run it again/);
});

test('commands by hand are those of the run: its program, and where it keeps its backend', () => {
  const byHand = { program: '/opt/open tofu/tofu', dataDirectory: '/cache/llm-dev-gpu/topologies-gpu' };
  expect(failed(errorsOf('lock-held-table.jsonl'), { byHand }).message).toMatch(
    /cd \/infrastructure\/gpu && TF_DATA_DIR=\/cache\/llm-dev-gpu\/topologies-gpu '\/opt\/open tofu\/tofu' force-unlock [0-9a-f-]{36}$/,
  );
});

describe('what exists already', () => {
  const existing = (summary: string, address: string): Diagnostic => ({ ...summarised(summary), address });
  const repository = existing(
    "creating ECR Repository (llm-dev-gpu/gateway): operation error ECR: CreateRepository, https response error StatusCode: 400, RepositoryAlreadyExistsException: The repository with name 'llm-dev-gpu/gateway' already exists in the registry",
    'aws_ecr_repository.this["gateway"]',
  );

  test.each([
    [
      'creating IAM Role (llm-dev-gpu-stage): operation error IAM: CreateRole, EntityAlreadyExists: Role exists',
      'llm-dev-gpu-stage',
    ],
    ['creating S3 Bucket (llm-artifacts): operation error S3: CreateBucket, BucketAlreadyOwnedByYou: ', 'llm-artifacts'],
    ['creating CloudWatch Logs Log Group (/llm/a/host): ResourceAlreadyExistsException: it exists', '/llm/a/host'],
    ['creating Secrets Manager Secret (llm-keys): ResourceExistsException: The operation failed', 'llm-keys'],
  ])('is named: %s', (summary, name) => {
    const error = failed([existing(summary, 'aws_x.y')]);
    expect(error.code).toBe('bad_request');
    expect(error.message).toContain(`but not in the state: aws_x.y (${name}). `);
  });

  test('is told all at once, with both ways out, and beside what else failed', () => {
    const role = existing(
      'creating IAM Role (a-role): EntityAlreadyExists: Role a-role already exists.',
      'aws_iam_role.build["image"]',
    );
    const { message } = failed([repository, existing('something else', 'aws_vpc.this'), role]);
    expect(message).toContain('aws_ecr_repository.this["gateway"] (llm-dev-gpu/gateway), aws_iam_role.build["image"] (a-role). ');
    expect(message).toMatch(/Delete it there .*cd \/infrastructure\/gpu && tofu import ADDRESS ID .*\nsomething else$/);
  });

  test('a refusal comes first: without the permission neither way is open', () => {
    expect(failed(['access-denied.jsonl'].flatMap(errorsOf).concat(repository)).code).toBe('route_access_denied');
  });
});
