import { gpuHosts, hostFilesOf, standbyHosts } from './host-files.ts';
import type { Variables } from './generated-plans.ts';
import { resourcesOf, type PlanJson } from './plan.ts';

/** What a command of the AWS CLI asks of AWS, and by which endpoint where there is no way to the internet. S3 has a gateway endpoint. */
const commands: Record<string, { actions: string[]; endpoints: string[] }> = {
  'aws s3 sync': { actions: ['s3:ListBucket', 's3:GetObject'], endpoints: [] },
  'aws s3 cp': { actions: ['s3:GetObject'], endpoints: [] },
  'aws ecr get-login-password': { actions: ['ecr:GetAuthorizationToken'], endpoints: ['ecr.api'] },
  'aws autoscaling complete-lifecycle-action': { actions: ['autoscaling:CompleteLifecycleAction'], endpoints: ['autoscaling'] },
  'aws autoscaling record-lifecycle-action-heartbeat': {
    actions: ['autoscaling:RecordLifecycleActionHeartbeat'],
    endpoints: ['autoscaling'],
  },
  'aws autoscaling terminate-instance-in-auto-scaling-group': {
    actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
    endpoints: ['autoscaling'],
  },
  'aws secretsmanager get-secret-value': { actions: ['secretsmanager:GetSecretValue'], endpoints: ['secretsmanager'] },
  'docker pull': {
    actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'],
    endpoints: ['ecr.dkr'],
  },
  '--log-driver awslogs': { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], endpoints: ['logs'] },
  'amazon-cloudwatch-agent-ctl': {
    actions: ['cloudwatch:PutMetricData', 'logs:PutLogEvents'],
    endpoints: ['monitoring', 'logs'],
  },
};

/** Shell access without a port. */
const always = ['ssm', 'ssmmessages', 'ec2messages'];

interface Statement {
  Action: string | string[];
  Resource: string | string[];
  Condition?: { StringLike?: { 's3:prefix'?: string[] } };
}

const list = (value: string | string[]): string[] => [value].flat();
const matches = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`).test(name);

/** Called in no script of these, so that a new command is not overlooked. */
function unknownCommands(scripts: string): string[] {
  const called = [...scripts.matchAll(/\baws ((?:s3|ecr|[a-z0-9]+) [a-z][a-z-]+)/g)].map(([call]) => call);
  return [...new Set(called)].filter((call) => !(call in commands));
}

function wrongOf(plan: PlanJson, address: string, policyAddress: string, asked: Variables): string[] {
  const { files, variables } = hostFilesOf(plan, address);
  const isScript = ([path]: [string, string]) => path.startsWith('/opt/llm/bin/');
  const code = (text: string) => text.replaceAll(/^\s*#.*$/gm, '');
  const scripts = [...files]
    .filter(isScript)
    .map(([, text]) => code(text))
    .join('\n');
  const policy = resourcesOf(plan, 'aws_iam_role_policy').find((resource) => resource.address === policyAddress);
  const { Statement: statements } = JSON.parse(String(policy?.values['policy'])) as { Statement: Statement[] };
  const isIdle = (call: string): boolean =>
    (call.includes('secretsmanager') && asked['api_key_required'] !== true) ||
    // Hosts that are not spot end before it.
    (call.includes('terminate-instance') && (asked['spot'] ?? null) === null);
  const used = Object.entries(commands)
    .filter(([call]) => scripts.includes(call) && !isIdle(call))
    .map(([, need]) => need);
  const allowed = new Set(statements.flatMap(({ Action: actions }) => list(actions)));
  const needed = new Set(used.flatMap(({ actions }) => actions));
  const endpoints = new Set(
    resourcesOf(plan, 'aws_vpc_endpoint').map(
      ({ values }) => /^com\.amazonaws\.[^.]+\.(.+)$/.exec(String(values['service_name']))?.[1],
    ),
  );
  const reads = (uri: string): boolean => {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
    const objects = statements.filter(({ Action: actions }) => list(actions).includes('s3:GetObject'));
    const lists = statements.filter(({ Action: actions }) => list(actions).includes('s3:ListBucket'));
    return (
      objects.some(({ Resource: resources }) => list(resources).some((arn) => matches(arn, `arn:aws:s3:::${bucket}/${key}/x`))) &&
      lists.some(({ Condition: condition }) =>
        (condition?.StringLike?.['s3:prefix'] ?? []).some((prefix) => matches(prefix, `${key}/`)),
      )
    );
  };
  const wide = statements
    .flatMap(({ Resource: resources }) => list(resources))
    .filter((arn) => /^arn:aws:s3:::[^/]+\/\*$/.test(arn));
  const places = ['LLM_WEIGHTS_URI', 'LLM_COMPILE_CACHE_URI'].flatMap((name) => variables[name] ?? []);
  return [
    ...unknownCommands(scripts).map((call) => `${address} calls ${call}, of which nothing is known here`),
    ...[...needed].filter((action) => !allowed.has(action)).map((action) => `${address} needs ${action}`),
    ...[...allowed].filter((action) => !needed.has(action)).map((action) => `${address} may ${action} and does not`),
    ...places.filter((uri) => !reads(uri)).map((uri) => `${address} cannot read ${uri}`),
    ...wide.map((arn) => `${address} reads all of ${arn}`),
    ...(asked['egress_mode'] === 'nat'
      ? []
      : [...always, ...used.flatMap(({ endpoints: names }) => names)]
          .filter((name) => !endpoints.has(name))
          .map((name) => `${address} has no way to ${name}`)),
  ];
}

/**
 * What scripts of the hosts call and their roles do not allow, what roles allow and no script calls, and services that they cannot reach. The plan
 * must be a mocked one, which knows policies and user data.
 */
export function wrongNeeds(plan: PlanJson, asked: Variables): string[] {
  const fleet = wrongOf(plan, gpuHosts, 'module.gpu_fleet.aws_iam_role_policy.host', asked);
  const hasStandby = asked['enable_standby_responder'] !== false;
  return hasStandby ? [...fleet, ...wrongOf(plan, standbyHosts, 'module.standby[0].aws_iam_role_policy.this', asked)] : fleet;
}
