import { mockAccountId } from '../../rehearsal/mock-aws.ts';
import type { Need } from './evaluate.ts';

/** Who does something by itself, without a person. */
export type Servant = 'host' | 'standby' | 'stage' | 'image' | 'flow-logs';

const prefix = 'llm-dev-gpu';
const bucket = `${prefix}-artifacts-${mockAccountId}-us-east-1`;
const here = `us-east-1:${mockAccountId}`;

type Duty = Omit<Need, 'for'>;

const duty = (action: string, resource = '*', context: Need['context'] = {}): Duty => ({
  action,
  resource,
  context: { 'aws:requestedregion': 'us-east-1', ...context },
});

const object = (key: string): string => `arn:aws:s3:::${bucket}/${key}`;
const list = (at: string): Duty => duty('s3:ListBucket', `arn:aws:s3:::${bucket}`, { 's3:prefix': at });
const reads = (folder: string): Duty[] => [list(`${folder}/`), duty('s3:GetObject', object(`${folder}/any`))];
const writes = (key: string): Duty[] => [duty('s3:PutObject', object(key)), duty('s3:AbortMultipartUpload', object(key))];

const repository = (kind: string): string => `arn:aws:ecr:${here}:repository/${prefix}/${kind}`;
const pulls = (kind: string): Duty[] =>
  ['BatchGetImage', 'GetDownloadUrlForLayer', 'BatchCheckLayerAvailability'].map((action) =>
    duty(`ecr:${action}`, repository(kind)),
  );
const pushes = (kind: string): Duty[] => [
  ...pulls(kind),
  ...['InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload', 'PutImage'].map((action) =>
    duty(`ecr:${action}`, repository(kind)),
  ),
];

const logsInto = (group: string): Duty[] =>
  ['CreateLogStream', 'PutLogEvents'].map((action) =>
    duty(`logs:${action}`, `arn:aws:logs:${here}:log-group:${group}:log-stream:any`),
  );

const onFleet = (action: string): Duty =>
  duty(
    `autoscaling:${action}`,
    `arn:aws:autoscaling:${here}:autoScalingGroup:11111111-2222:autoScalingGroupName/${prefix}-fleet`,
  );

/** Stands for the ARN that the secret of keys was given. */
export const keysSecret = 'the secret of keys';

const login = duty('ecr:GetAuthorizationToken');
const weights = 'weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85';

/** What AWS's command line calls, by the file of the script and the command in it. A command that is not here is a failure. */
export const commandDuties: Record<string, { servants: Servant[]; duties: Duty[]; isOfSpot?: boolean }> = {
  'lib.sh: ecr get-login-password': { servants: ['host'], duties: [login, ...pulls('engine'), ...pulls('gateway')] },
  'llm-agent: s3 cp': { servants: ['host'], duties: [duty('s3:GetObject', object('cwagent/amazon-cloudwatch-agent.deb'))] },
  'llm-stage: s3 sync': { servants: ['host'], duties: [...reads(weights), ...reads('compile-cache/sha256-any')] },
  'llm-keys: secretsmanager get-secret-value': {
    servants: ['host'],
    duties: [duty('secretsmanager:GetSecretValue', keysSecret)],
  },
  'llm-ready: autoscaling complete-lifecycle-action': { servants: ['host'], duties: [onFleet('CompleteLifecycleAction')] },
  'llm-ready: autoscaling record-lifecycle-action-heartbeat': {
    servants: ['host'],
    duties: [onFleet('RecordLifecycleActionHeartbeat')],
  },
  'llm-spot: autoscaling terminate-instance-in-auto-scaling-group': {
    servants: ['host'],
    duties: [onFleet('TerminateInstanceInAutoScalingGroup')],
    isOfSpot: true,
  },
  'llm-standby: ecr get-login-password': { servants: ['standby'], duties: [login, ...pulls('gateway')] },
  'stage.yml: s3 cp': { servants: ['stage'], duties: reads('build/0123456789abcdef') },
  'image.yml: s3 cp': { servants: ['image'], duties: reads('build/0123456789abcdef') },
  'stage-weights.sh: s3 cp': {
    servants: ['stage'],
    duties: [duty('s3:GetObject', object(`${weights}/manifest.sha256`)), ...writes(`${weights}/manifest.sha256`)],
  },
  'stage-weights.sh: s3api list-objects-v2': { servants: ['stage'], duties: [list(`${weights}/`)] },
  'stage-weights.sh: s3 sync': { servants: ['stage'], duties: [list(`${weights}/`), ...writes(`${weights}/model.safetensors`)] },
  'common.sh: s3 cp': { servants: [], duties: [] },
  'common.sh: ecr get-login-password': { servants: ['stage', 'image'], duties: [login] },
  'common.sh: ecr describe-images': { servants: [], duties: [] },
};

/** What is done without the command line: Docker, the agents, and AWS's services in the name of a role. */
export const otherDuties: Record<Servant, Duty[]> = {
  host: [
    // Docker's log driver and the metrics agent; the agent's namespace stands in its configuration.
    ...['gateway', 'engine', 'host'].flatMap((kind) => logsInto(`/llm/${prefix}/${kind}`)),
    duty('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'LLMInference' }),
    ...sessionManager(),
  ],
  standby: [...logsInto(`/llm/${prefix}/host`), ...sessionManager()],
  stage: [
    ...logsInto(`/llm/${prefix}/build-stage`),
    ...pushes('engine'),
    duty('ecr:DescribeImages', repository('engine')),
    ...writes('staged/weights.json'),
    ...writes('staged/engine.json'),
  ],
  image: [
    ...logsInto(`/llm/${prefix}/build-image`),
    ...pushes('gateway'),
    duty('ecr:DescribeImages', repository('gateway')),
    ...writes('staged/gateway.json'),
    // CodeBuild fetches the source in the build's name.
    ...['GetObject', 'GetObjectVersion'].map((action) => duty(`s3:${action}`, object('source/gateway.zip'))),
    ...['GetBucketAcl', 'GetBucketLocation'].map((action) => duty(`s3:${action}`, `arn:aws:s3:::${bucket}`)),
  ],
  'flow-logs': [
    ...logsInto(`/llm/${prefix}/flow`),
    duty('logs:DescribeLogStreams', `arn:aws:logs:${here}:log-group:/llm/${prefix}/flow:log-stream:`),
    duty('logs:DescribeLogGroups'),
  ],
};

/** What the agent of Systems Manager calls to be there and to open a shell. */
function sessionManager(): Duty[] {
  const channels = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'];
  return [
    duty('ssm:UpdateInstanceInformation', `arn:aws:ec2:${here}:instance/any`),
    ...channels.map((action) => duty(`ssmmessages:${action}`)),
    ...['AcknowledgeMessage', 'GetMessages', 'SendReply'].map((action) => duty(`ec2messages:${action}`)),
  ];
}

/** What no role of dev may do, whatever its own policies say: it keeps apart what belongs to prod. */
export const forbidden: readonly Duty[] = [
  duty('s3:GetObject', `arn:aws:s3:::llm-prod-gpu-artifacts-${mockAccountId}-us-east-1/any`),
  duty('s3:GetObject', `arn:aws:s3:::llm-state-${mockAccountId}-us-east-1/gpu/dev.tfstate`),
  duty('ecr:BatchGetImage', `arn:aws:ecr:${here}:repository/llm-prod-gpu/engine`),
  duty('ecr:PutImage', `arn:aws:ecr:${here}:repository/llm-prod-gpu/gateway`),
  duty('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${here}:secret:llm-prod-gpu-keys-any`),
  duty('logs:PutLogEvents', `arn:aws:logs:${here}:log-group:/llm/llm-prod-gpu/gateway:log-stream:any`),
  duty('ssm:GetParameter', `arn:aws:ssm:${here}:parameter/anything`),
  duty('iam:CreateRole', `arn:aws:iam::${mockAccountId}:role/llm/llm-dev-gpu-other`),
];
