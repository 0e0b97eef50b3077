import { match, ok, strictEqual } from 'node:assert';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GatewayError } from '../../src/errors.ts';
import { gpuVariables } from './deployment.ts';
import { clientOptions } from './leftovers.ts';
import { backend, names, tofu, type Rehearsal } from './rehearsal.ts';
import { imageOf } from './staged.ts';
import type { TofuOptions } from './workspace.ts';

const root = 'topologies/gpu';

/** What the person sees of each failure: all of these must be in the message. The runs below stay if another command makes it. */
export const messages = {
  'missing-state-bucket': [/bucket of the state does not exist/, /bootstrap/],
  'missing-lock-table': [/lock table of the state does not exist/, /bootstrap/],
  'denied-permission': [/AWS refuses elasticloadbalancing:CreateLoadBalancer/, /policy/],
  'malformed-certificate': [/certificate_arn must be empty or the ARN of an ACM certificate/],
  'no-capacity': [/do not have sufficient g5\.xlarge capacity|no such instance to give/],
  'lock-held': [/state .*gpu\/dev\.tfstate is locked by .* since .* \(apply\)/, /force-unlock/],
  interrupted: [/was interrupted; it stopped in order/, /Run it again to go on/],
  killed: [/is locked by .*\(apply\)/, /force-unlock [0-9a-f-]{36}/],
} as const satisfies Record<string, readonly RegExp[]>;

export type Failure = keyof typeof messages;

/** The bucket and the table that bootstrap makes, without its waits. */
async function makeStateStore({ aws }: Rehearsal, { withTable = true } = {}): Promise<void> {
  const options = clientOptions(aws);
  await new S3Client(options).send(new CreateBucketCommand({ Bucket: names.stateBucket }));
  if (!withTable) return;
  await new DynamoDBClient(options).send(
    new CreateTableCommand({
      TableName: names.lockTable,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
    }),
  );
}

/** Nothing looks at what is staged before a host starts, so it need not be there. */
const variables = gpuVariables({
  bucket: names.artifactsBucket,
  engine_image: imageOf(names.repositories.engine, 'engine'),
  gateway_image: imageOf(names.repositories.gateway, 'gateway 1'),
  weights_key: 'weights/model@rehearsal',
  weights_sha256: '0'.repeat(64),
});

const network = '-target=module.networking';

const init = (rehearsal: Rehearsal) => tofu(rehearsal, root, ['init', '-reconfigure', ...backend(root)]);

const apply = (rehearsal: Rehearsal, more: readonly string[] = [], options: TofuOptions = {}) =>
  tofu(rehearsal, root, ['apply', '-auto-approve', '-parallelism=20', ...variables, ...more], options);

const plan = (rehearsal: Rehearsal) => tofu(rehearsal, root, ['plan', ...variables, network]);

/** Settles with the message of the failure that must come, once it says what it must. */
async function expectFailure(rehearsal: Rehearsal, failure: Failure, work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  ok(error instanceof GatewayError, `${failure}: ${error === undefined ? 'nothing failed' : String(error)}`);
  for (const pattern of messages[failure]) match(error.message, pattern);
  rehearsal.transcript.say('  as it should');
  return error;
}

/** An apply that is under way while `during` runs: one operation of it is held up. It ends before this does. */
async function whileApplying(rehearsal: Rehearsal, operation: string, during: (held: HeldApply) => Promise<void>): Promise<void> {
  await rehearsal.aws.setFaults({ delay: { [operation]: 8000 } });
  const stop = new AbortController();
  const start = (options: TofuOptions) => {
    const running = apply(rehearsal, [network], { ...options, signal: AbortSignal.any([stop.signal, rehearsal.signal]) });
    // Whether it fails is looked at by who waits for it; nobody does after another failure.
    running.catch(() => undefined);
    return running;
  };
  try {
    const untilHeld = () => rehearsal.aws.untilCalled(operation, 60_000);
    await during({ start, untilHeld, interrupt: () => stop.abort() });
  } finally {
    stop.abort();
    await rehearsal.aws.clearFaults();
  }
}

interface HeldApply {
  start: (options: TofuOptions) => Promise<unknown>;
  untilHeld: () => Promise<void>;
  interrupt: () => void;
}

/** `creating IAM Role (NAME): … EntityAlreadyExists … (ADDRESS)`: what a killed run made and did not write down. */
const unrecorded = /creating [\w ]+ \(([^)]+)\): [^\n]*AlreadyExists[^\n]*\((module\.\S+)\)/g;

/** Applies; what turns out to exist already is imported, as a person would, and the apply is repeated. */
async function applyAdopting(rehearsal: Rehearsal): Promise<void> {
  for (let round = 1; round <= 3; round++) {
    const error = await apply(rehearsal, [network]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) return;
    const found = [...(error instanceof GatewayError ? error.message : '').matchAll(unrecorded)];
    if (found.length === 0) throw error;
    for (const [, id = '', address = ''] of found) await tofu(rehearsal, root, ['import', ...variables, address, id]);
  }
  throw new Error('an apply after a killed one does not come to its end');
}

/** Each from an account of its own. */
const runs: Record<Failure, (rehearsal: Rehearsal) => Promise<void>> = {
  'missing-state-bucket': async (rehearsal) => {
    await expectFailure(rehearsal, 'missing-state-bucket', init(rehearsal));
  },

  'missing-lock-table': async (rehearsal) => {
    await makeStateStore(rehearsal, { withTable: false });
    await init(rehearsal);
    await expectFailure(rehearsal, 'missing-lock-table', plan(rehearsal));
  },

  'denied-permission': async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    await rehearsal.aws.setFaults({ deny: ['elasticloadbalancing:CreateLoadBalancer'] });
    const target = ['-target=module.load_balancer'];
    await expectFailure(rehearsal, 'denied-permission', apply(rehearsal, target));
    rehearsal.transcript.say('  the permission is given, and the same command goes on');
    await rehearsal.aws.clearFaults();
    await apply(rehearsal, target);
  },

  'malformed-certificate': async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    const wrong = ['-var=certificate_arn=arn:aws:acm:us-east-1:1234:certificate', '-var=alb_server_name=api.example.com'];
    const planned = tofu(rehearsal, root, ['plan', ...variables, ...wrong]);
    await expectFailure(rehearsal, 'malformed-certificate', planned);
    strictEqual((await rehearsal.aws.calls())['ec2:CreateVpc'], undefined, 'something was made');
  },

  'no-capacity': async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    await rehearsal.aws.setFaults({
      capacity: { 'g5.xlarge': 'InsufficientInstanceCapacity', 'g4dn.xlarge': 'InsufficientInstanceCapacity' },
    });
    const target = ['-target=module.gpu_fleet', '-var=wait_for_capacity_timeout=20s'];
    await expectFailure(rehearsal, 'no-capacity', apply(rehearsal, target));
  },

  'lock-held': async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    await whileApplying(rehearsal, 'ec2:CreateVpc', async ({ start, untilHeld }) => {
      const first = start({});
      await untilHeld();
      await expectFailure(rehearsal, 'lock-held', plan(rehearsal));
      await first;
    });
    rehearsal.transcript.say('  the other run has ended, and the same command works');
    await plan(rehearsal);
  },

  interrupted: async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    // What is being made when the interrupt comes is lost to the state, as on AWS; a gateway that nobody uses does no harm.
    await whileApplying(rehearsal, 'ec2:CreateInternetGateway', async ({ start, untilHeld, interrupt }) => {
      const first = start({});
      await untilHeld();
      interrupt();
      await expectFailure(rehearsal, 'interrupted', first);
    });
    const { stdout } = await rehearsal.workspace.tofu(root, ['state', 'list']);
    match(stdout, /aws_vpc/, 'what was made is not in the state');
    rehearsal.transcript.say('  what was made is in the state, the lock is free, and the same command goes on');
    await apply(rehearsal, [network]);
  },

  killed: async (rehearsal) => {
    await makeStateStore(rehearsal);
    await init(rehearsal);
    await whileApplying(rehearsal, 'ec2:CreateVpc', async ({ start, untilHeld, interrupt }) => {
      const first = start({ graceMs: 0 });
      await untilHeld();
      interrupt();
      await first.catch(() => undefined);
    });
    const { message } = await expectFailure(rehearsal, 'killed', plan(rehearsal));
    const [, lock = ''] = /force-unlock ([0-9a-f-]{36})/.exec(message) ?? [];
    rehearsal.transcript.say('  the lock is given back as the message says; what was made and not written down is imported');
    await tofu(rehearsal, root, ['force-unlock', '-force', lock]);
    await applyAdopting(rehearsal);
  },
};

const isFailure = (name: string): name is Failure => name in runs;

/** Each failure in an account of its own, or only the one that is named. Throws when one does not say what it should. */
export async function rehearseFailures(rehearsal: Rehearsal, only?: string): Promise<void> {
  const chosen = only === undefined ? (Object.keys(runs) as Failure[]) : [only];
  for (const name of chosen) {
    if (!isFailure(name)) throw new Error(`there is no failure ${name}; there are ${Object.keys(runs).join(', ')}`);
    rehearsal.transcript.say(`# ${name}`);
    await rehearsal.aws.reset();
    await runs[name](rehearsal);
  }
}
