import { strictEqual } from 'node:assert';
import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gpuVariables } from './deployment.ts';
import { makeDomains, type Domains } from './domains.ts';
import {
  destroy,
  lookAtArtifacts,
  lookAtBootstrap,
  makeArtifacts,
  makeBootstrap,
  removeFoundations,
  type Foundations,
} from './foundations.ts';
import { clientOptions, inventory } from './leftovers.ts';
import { checkPermissions } from './permissions.ts';
import { backend, expectChanges, names, plan, tofu, type Rehearsal } from './rehearsal.ts';
import { filesWith } from './secrets.ts';
import { artifacts, imageOf, stage, type Artifacts } from './staged.ts';

/** Keys before and after the rotation. They may be in the secret and nowhere else. */
const apiKeys = ['first', 'second'].map(
  (which) => `keys:\n  - name: rehearsal\n    hash: sha256:never-in-a-state-or-a-plan-${which}\n`,
);

/** Of each, a part that survives being escaped. */
const secretParts = ['never-in-a-state-or-a-plan'];

/** What the topology is deployed from. */
interface Deployed {
  artifacts: Artifacts;
  domains: Domains;
  foundations: Foundations;
}

/** As much of a deployment as can be asked for: names, alarms and a budget, and endpoints instead of the NAT gateway that the commands' tests have. */
const asked = ['-var=api_key_required=true', '-var=egress_mode=endpoints', '-var=alarm_email=ops@example.com'];

const variablesOf = ({ artifacts, domains, foundations }: Deployed, more: readonly string[] = []): string[] =>
  gpuVariables(artifacts, [foundations.boundary, ...asked, ...domains.variables, ...more]);

const firstKeys = { TF_VAR_api_keys: apiKeys[0] ?? '' };

async function planFirst(rehearsal: Rehearsal, deployed: Deployed): Promise<void> {
  await tofu(rehearsal, 'topologies/gpu', ['init', ...backend('topologies/gpu', deployed.foundations.kmsKeyArn)]);
  const args = variablesOf(deployed);
  const first = await plan(rehearsal, 'topologies/gpu', 'first.tfplan', { args, variables: firstKeys });
  strictEqual(first.length > 50 && first.every(({ actions }) => actions.join() === 'create'), true);
}

const applyFirst = (rehearsal: Rehearsal) =>
  tofu(rehearsal, 'topologies/gpu', ['apply', '-parallelism=20', 'first.tfplan'], { variables: firstKeys });

/** Both to their ends, also if one fails: what is cleaned up then must not be in use. Throws what failed first in their order. */
async function together(...works: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

/** In a person's order. An apply mostly waits: meanwhile plans are made, which change nothing. */
async function deployTwice(rehearsal: Rehearsal): Promise<Deployed> {
  const { transcript } = rehearsal;
  const foundations = await makeBootstrap(rehearsal);
  const deployed = { artifacts, domains: await makeDomains(rehearsal.aws), foundations };
  transcript.say(
    '# Artifacts: bucket of weights, image repositories, builds. Meanwhile a second plan of bootstrap, and the topology’s first',
  );
  const plans = async () => {
    await lookAtBootstrap(rehearsal);
    await planFirst(rehearsal, deployed);
  };
  await together(makeArtifacts(rehearsal, foundations), plans());
  await transcript.step('staging, without weights and images', () => stage(rehearsal));
  transcript.say(
    '# The topology. Meanwhile a second plan of the artifacts; then one of the topology, which must propose nothing, too',
  );
  await together(applyFirst(rehearsal), lookAtArtifacts(rehearsal, foundations));
  const second = { args: variablesOf(deployed), variables: firstKeys };
  expectChanges(await plan(rehearsal, 'topologies/gpu', 'second.tfplan', second), []);
  return deployed;
}

/** What new keys may touch: no host is replaced for them. */
const changesOfKeys = ['delete create aws_secretsmanager_secret_version.api_keys[0]'];

/** What more hosts and another image of the gateway may touch beside that. */
const changesOfHosts = [
  'update module.gpu_fleet.aws_autoscaling_group.this',
  'update module.gpu_fleet.aws_launch_template.this',
  'update module.monitoring.aws_cloudwatch_composite_alarm.at_max',
  'update module.monitoring.aws_cloudwatch_dashboard.this',
  'update module.monitoring.aws_cloudwatch_metric_alarm.this["all-instances"]',
  'update module.standby[0].aws_autoscaling_group.this',
  'update module.standby[0].aws_launch_template.this',
];

async function change(rehearsal: Rehearsal, deployed: Deployed): Promise<void> {
  const variables = { TF_VAR_api_keys: apiKeys[1] ?? '' };
  const propose = (file: string, args: readonly string[]) => plan(rehearsal, 'topologies/gpu', file, { args, variables });
  // The plan before has just looked at everything that there is.
  const knowing = '-refresh=false';
  rehearsal.transcript.say('# A change that is only planned: new keys. It touches the secret alone');
  const rotation = ['-var=api_keys_version=2'];
  expectChanges(await propose('rotation.tfplan', [...variablesOf(deployed, rotation), knowing]), changesOfKeys);
  rehearsal.transcript.say('# A change: new keys, more hosts, a new image of the gateway');
  const next = { ...deployed.artifacts, gateway_image: imageOf(names.repositories.gateway, 'gateway 2') };
  const args = variablesOf({ ...deployed, artifacts: next }, [...rotation, '-var=max_instances=3']);
  expectChanges(await propose('change.tfplan', [...args, knowing]), [...changesOfKeys, ...changesOfHosts]);
  await tofu(rehearsal, 'topologies/gpu', ['apply', '-parallelism=20', 'change.tfplan'], { variables });
  expectChanges(await propose('after.tfplan', args), []);
}

/** The keys must be in the secret, and in no version of a state, no plan and no other file of the workspace. */
async function lookForSecrets({ aws, transcript, workspace, python }: Rehearsal): Promise<void> {
  const options = clientOptions(aws);
  const secrets = new SecretsManagerClient(options);
  const { SecretList: list = [] } = await secrets.send(new ListSecretsCommand({}));
  const values = await Promise.all(
    list.map(async ({ ARN }) => (await secrets.send(new GetSecretValueCommand({ SecretId: ARN ?? '' }))).SecretString),
  );
  strictEqual(values.includes(apiKeys[1]), true, 'the secret does not hold the new keys');
  const states = join(workspace.folder, 'states');
  await mkdir(states);
  const s3 = new S3Client(options);
  const { Versions: versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: names.stateBucket }));
  for (const [index, { Key, VersionId }] of versions.entries()) {
    const { Body } = await s3.send(
      new GetObjectCommand({ Bucket: names.stateBucket, Key: Key ?? '', VersionId: VersionId ?? '' }),
    );
    await writeFile(join(states, String(index)), (await Body?.transformToByteArray()) ?? '');
  }
  const found = await filesWith(secretParts, workspace.folder, python);
  strictEqual(found.join(), '', 'keys lie where they must not');
  transcript.say(`# The keys are in the secret, and in none of ${versions.length} versions of states, no plan and no other file`);
}

async function destroyAll(rehearsal: Rehearsal, deployed: Deployed): Promise<void> {
  rehearsal.transcript.say('# Everything goes');
  const variables = { TF_VAR_api_keys: apiKeys[1] ?? '' };
  await tofu(rehearsal, 'topologies/gpu', [...destroy, ...variablesOf(deployed)], { variables });
  const { stdout } = await rehearsal.workspace.tofu('topologies/gpu', ['state', 'list']);
  strictEqual(stdout, '', 'the topology has resources in its state');
  await removeFoundations(rehearsal, deployed.foundations);
}

/** From an empty account to a running service, a change, and back to the empty account. Throws at the first thing that is not as it must be. */
export async function rehearseCycle(rehearsal: Rehearsal): Promise<void> {
  const { aws, transcript } = rehearsal;
  const before = await inventory(aws);
  const deployed = await deployTwice(rehearsal);
  await change(rehearsal, deployed);
  await lookForSecrets(rehearsal);
  await destroyAll(rehearsal, deployed);
  const left = [...(await inventory(aws))].filter((item) => !before.has(item));
  strictEqual(left.join('\n'), '', 'something of ours is left');
  transcript.say('# Nothing of ours is left in the account');
  await checkPermissions(rehearsal);
}
