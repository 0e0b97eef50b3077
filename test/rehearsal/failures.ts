import { match, rejects, strictEqual } from 'node:assert';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { bootstrapStateKey } from '../../src/deploy/roots/backend.ts';
import type { SluiceProcess } from '../support/sluice-process.ts';
import { openCommandLine, type CommandLine, type Ended } from './command-line.ts';
import { clientOptions } from './leftovers.ts';
import { mockAccountId } from './mock-aws.ts';
import { names, type Rehearsal } from './rehearsal.ts';
import { stage } from './staged.ts';

/** What the person sees of each failure: all of these must be on standard error. The commands below stay if a message changes. */
export const messages = {
  'missing-state-bucket': [
    /has no state for llm in us-east-1 yet \(bucket llm-state-123456789012-us-east-1\): run sluice bootstrap/,
  ],
  'missing-lock-table': [/lock table of the state does not exist/, /bootstrap/],
  'denied-permission': [/AWS refuses ecr:CreateRepository .*\(aws_ecr_repository\.this\["gateway"\]\)/, /Allow it in a policy/],
  'lock-held': [/state .*artifacts\/dev\.tfstate is locked by \S+@\S+ since \d{4}-.* \(apply\)\. Wait until that run has ended/],
  killed: [/artifacts\/dev\.tfstate is locked by .*\. Only if it died: cd .* force-unlock [0-9a-f-]{36}/],
  'own-lock': [
    /artifacts\/dev\.tfstate is locked by .* after this run began: it is its own.*\. Free what is left of it .*: cd .* force-unlock [0-9a-f-]{36}/,
  ],
  'made-and-not-written-down': [
    /exists in AWS already, but not in the state: .*aws_ecr_repository\.this\["gateway"\] \(llm-dev-gpu\/gateway\)/,
    /Delete it there .* import ADDRESS ID/,
  ],
  interrupted: [
    /^stopping in order/,
    /was interrupted; it stopped in order, and what it had made is in the state\. Run it again to go on/,
  ],
  'malformed-certificate': [/certificate_arn must be empty or the ARN of an ACM certificate/],
  'no-capacity': [
    /the fleet could not start a host: .*do not have sufficient g5\.xlarge capacity/,
    /Add zones to availability_zones or types to fallback_instance_types/,
  ],
} as const satisfies Record<string, readonly RegExp[]>;

export type Failure = keyof typeof messages;

interface Scene extends Rehearsal {
  commands: CommandLine;
}

/** Checks a command that failed as it had to. */
function expectFailure({ transcript }: Scene, failure: Failure, { status, stderr }: Ended, expected = 1): void {
  transcript.say(`  ${stderr.trim()}\n  exit status ${status}`);
  for (const pattern of messages[failure]) match(stderr, pattern, failure);
  strictEqual(status, expected, `exit status of ${failure}`);
}

/** A deployment that goes as far as it can: what it was given by the account is there, and nothing is staged. */
async function expectUnstaged({ commands, transcript }: Scene): Promise<void> {
  const { stdout, stderr } = await commands.deploy();
  transcript.say(`  ${stderr.trim()}`);
  strictEqual(stderr, 'not staged yet: weights, engine, gateway; run sluice stage gpu --env dev\n', stdout);
}

/** Of what bootstrap makes, the bucket with its state, without the waits of its apply. */
async function makeStateBucket({ aws }: Scene): Promise<void> {
  const client = new S3Client(clientOptions(aws));
  await client.send(new CreateBucketCommand({ Bucket: names.stateBucket }));
  const boundary = `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-dev`;
  const outputs = { permissions_boundary_arns: { value: { dev: boundary } } };
  const state = JSON.stringify({ version: 4, outputs, resources: [] });
  await client.send(new PutObjectCommand({ Bucket: names.stateBucket, Key: bootstrapStateKey, Body: state }));
}

async function makeLockTable({ aws }: Scene): Promise<void> {
  await new DynamoDBClient(clientOptions(aws)).send(
    new CreateTableCommand({
      TableName: names.lockTable,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
    }),
  );
}

/** A deployment that stands still in an operation of AWS while `during` runs; then the operation goes on. */
async function whileHeldUp(scene: Scene, operation: string, during: (run: SluiceProcess) => Promise<void>): Promise<void> {
  const { aws, commands, transcript } = scene;
  await aws.clearFaults();
  await aws.setFaults({ delay: { [operation]: 300_000 } });
  const run = commands.startDeploy();
  try {
    const early = run.ended.then(() => Promise.reject(new Error(`it ended before ${operation}:\n${run.stdout}${run.stderr}`)));
    await Promise.race([aws.untilCalled(operation, 120_000), early]);
    transcript.say(`sluice deploy is under way, in ${operation}`);
    await during(run);
  } finally {
    await run.stop();
    await aws.clearFaults();
  }
}

/** As a machine that goes down: neither the command nor the OpenTofu that it started gets to do anything more. */
async function killWhole({ child: { pid = 0 } }: SluiceProcess): Promise<void> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]);
  for (const id of [pid, ...stdout.trim().split('\n').map(Number)]) process.kill(id, 'SIGKILL');
}

/** Gives a lock back as the message says. */
async function freeLock({ commands }: Scene, { stderr }: Ended): Promise<void> {
  await commands.shell(/cd .* force-unlock \S+/.exec(stderr)?.[0] ?? '', 'yes');
}

/** Deletes what a message says that the state does not know, as it says. */
async function deleteUnknown({ aws, transcript }: Scene, told: string): Promise<void> {
  const client = new ECRClient(clientOptions(aws));
  for (const [, repositoryName] of told.matchAll(/aws_ecr_repository\.this\["\w+"\] \(([^)]+)\)/g)) {
    await client.send(new DeleteRepositoryCommand({ repositoryName }));
    transcript.say(`the repository ${repositoryName} is deleted`);
  }
}

/** One after the other in one account: each goes on where the one before ended. */
const scenes: ((scene: Scene) => Promise<void>)[] = [
  async (scene) => {
    scene.transcript.say('# An account without bootstrap');
    expectFailure(scene, 'missing-state-bucket', await scene.commands.deploy());
    scene.transcript.say('# Its bucket is there, its table is not');
    await makeStateBucket(scene);
    expectFailure(scene, 'missing-lock-table', await scene.commands.deploy());
    await makeLockTable(scene);
  },

  async (scene) => {
    const { aws, commands, transcript } = scene;
    transcript.say("# AWS's answer to the lock is lost on the way");
    await aws.setFaults({ lose: { 'dynamodb:PutItem': 1 } });
    const locked = await commands.deploy();
    expectFailure(scene, 'own-lock', locked);
    // OpenTofu had given the other back, of the object beside the state, which is an error to it.
    await rejects(freeLock(scene, locked), /dynamoDB lock released but s3 failed/);
  },

  async (scene) => {
    scene.transcript.say('# A permission is missing');
    await scene.aws.setFaults({ deny: ['ecr:CreateRepository'] });
    expectFailure(scene, 'denied-permission', await scene.commands.deploy());
  },

  async (scene) => {
    const { commands, transcript } = scene;
    transcript.say('# It is given, and two people deploy at a time; then the machine of the first goes down');
    await whileHeldUp(scene, 'ecr:CreateRepository', async (run) => {
      expectFailure(scene, 'lock-held', await commands.deploy());
      await killWhole(run);
    });
    transcript.say('# The run that was killed still has the lock, which is given back as the message says');
    const locked = await commands.deploy();
    expectFailure(scene, 'killed', locked);
    await freeLock(scene, locked);
    transcript.say('# What it made and could not write down is named, and deleted as the message says');
    const unknown = await commands.deploy();
    expectFailure(scene, 'made-and-not-written-down', unknown);
    await deleteUnknown(scene, unknown.stderr);
  },

  async (scene) => {
    scene.transcript.say('# Somebody interrupts');
    await whileHeldUp(scene, 'ecr:PutLifecyclePolicy', async (run) => {
      run.child.kill('SIGINT');
      const { code } = await run.ended;
      expectFailure(scene, 'interrupted', { status: code, stdout: run.stdout, stderr: run.stderr }, 130);
    });
    scene.transcript.say('# The lock is free, and the same command goes on, up to what is staged');
    await expectUnstaged(scene);
    await stage(scene);
  },

  async (scene) => {
    scene.transcript.say('# The ARN of a certificate is none');
    await scene.aws.clearFaults();
    const certificate = 'arn:aws:acm:us-east-1:1234:certificate';
    await scene.commands.setVariables(`certificate_arn = "${certificate}"\nalb_server_name = "api.example.com"\n`);
    expectFailure(scene, 'malformed-certificate', await scene.commands.deploy());
    strictEqual((await scene.aws.calls())['ec2:CreateVpc'], undefined, 'something of the topology was made');
  },

  async (scene) => {
    scene.transcript.say('# AWS has no host to give');
    await scene.aws.setFaults({
      capacity: { 'g5.xlarge': 'InsufficientInstanceCapacity', 'g4dn.xlarge': 'InsufficientInstanceCapacity' },
    });
    await scene.commands.setVariables('wait_for_capacity_timeout = "20s"\n');
    expectFailure(scene, 'no-capacity', await scene.commands.deploy());
  },
];

/** What a person meets who deploys when something is wrong. Throws when a command does not say what it should. */
export async function rehearseFailures(rehearsal: Rehearsal): Promise<void> {
  const scene = { ...rehearsal, commands: await openCommandLine(rehearsal) };
  for (const run of scenes) await run(scene);
}
