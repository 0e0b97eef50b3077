import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { isMissing } from '../aws/describe-error.ts';
import { bootstrapStateKey } from '../roots/backend.ts';
import type { Root } from '../roots/root.ts';
import { readStateResources } from '../roots/state-resources.ts';
import { artifactsVariable, readStaged } from '../stage/staged.ts';
import { boundaryOf, readStateOutputs, textOutput } from '../state-outputs.ts';
import { stepsOf } from './apply-root.ts';
import { rootOf, type DeployContext } from './context.ts';
import { refuseInterrupted } from './refuse-interrupted.ts';

export interface DestroyOptions {
  /** Instead of typing the deployment's name. */
  isApproved: boolean;
  /** Prod is refused without it. */
  allowProd: boolean;
  /** The staged weights and images go too; with `force` also if there are any. */
  withArtifacts: boolean;
  force: boolean;
}

/** What is left after a destroy, for the person to know. */
export type Leftovers = readonly string[];

/** What there is to destroy. */
interface Standing {
  topology: boolean;
  artifacts: boolean;
}

/**
 * Takes a topology down. What protects it (the load balancer's deletion protection) is lifted first, after the same confirmation. A run that broke off
 * is gone on with by the next.
 * @throws GatewayError: prod without the flag, the name was not typed, there is nothing, or what `failureOf` explains
 */
export async function destroy(context: DeployContext, options: DestroyOptions): Promise<Leftovers> {
  const standing = await look(context, options);
  const bootstrap = await readStateOutputs(context.aws, context.names.stateBucket, bootstrapStateKey);
  const account = {
    account_id: context.account,
    aws_region: context.target.region,
    permissions_boundary_arn: boundaryOf(bootstrap, context.target.environment) ?? '',
  };
  const kmsKeyArn = textOutput(bootstrap, 'kms_key_arn');
  await confirm(context, options);
  if (standing.topology) await destroyTopology(context, { account, kmsKeyArn });
  refuseInterrupted(context.signal);
  if (standing.artifacts && options.withArtifacts) await destroyArtifacts(context, { account, kmsKeyArn, force: options.force });
  return leftovers(context, options, standing);
}

/** Refuses what cannot or must not be done before anybody is asked. */
async function look(context: DeployContext, { allowProd, withArtifacts, force }: DestroyOptions): Promise<Standing> {
  const { target, names, aws } = context;
  if (target.environment === 'prod' && !allowProd)
    throw new GatewayError(
      'bad_request',
      `${names.prefix} is production: say --allow-prod if it shall really go. Nothing was changed`,
    );
  if (force && !withArtifacts) throw new GatewayError('bad_request', '--force belongs to --artifacts; nothing was changed');
  const [topology, artifacts] = await Promise.all(
    [target.stateKey, target.artifactsStateKey].map(
      async (key) => ((await readStateResources(aws, names.stateBucket, key)) ?? []).length > 0,
    ),
  );
  const standing = { topology: topology === true, artifacts: artifacts === true };
  if (!standing.topology && !(withArtifacts && standing.artifacts))
    throw new GatewayError('not_found', `there is nothing to destroy: ${names.stateBucket} has nothing in ${target.stateKey}`);
  if (withArtifacts && !force && (await holdsObjects(context)))
    throw new GatewayError(
      'bad_request',
      `${names.artifactsBucket} holds weights or other objects: say --force too if they shall go. Nothing was changed`,
    );
  return standing;
}

async function holdsObjects({ aws, names }: DeployContext): Promise<boolean> {
  try {
    const { Contents = [] } = await (await aws.client('s3')).listObjectsV2({ Bucket: names.artifactsBucket, MaxKeys: 1 });
    return Contents.length > 0;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function confirm(
  { names, account, target, dialog }: DeployContext,
  { isApproved, withArtifacts }: DestroyOptions,
): Promise<void> {
  if (isApproved) return;
  const what = withArtifacts ? 'the service and its weights and images' : 'the service';
  const typed = await dialog.ask(
    `This takes down ${what} in account ${account}, ${target.region}. Type ${names.prefix} to go on:`,
  );
  if (typed.trim() !== names.prefix)
    throw new GatewayError('bad_request', `"${typed.trim()}" is not ${names.prefix}: nothing was changed`);
}

interface Given {
  account: Readonly<Record<string, string>>;
  kmsKeyArn: string | undefined;
}

async function destroyTopology(context: DeployContext, { account, kmsKeyArn }: Given): Promise<void> {
  const { target, names } = context;
  const topology = rootOf(context, {
    folder: join('topologies', target.topology),
    stateKey: target.stateKey,
    kmsKeyArn,
    varFiles: [target.tfvarsPath],
    values: { ...account, artifacts: await stagedOrPlaceholder(context, names.artifactsBucket), deletion_protection: false },
  });
  await topology.init();
  await liftProtection(context);
  await destroyRoot(context, topology, `topology ${target.topology} (${target.environment})`);
}

/** A destroy cannot read what staging made, when that is gone already. The values do not matter then: nothing is made with them. */
async function stagedOrPlaceholder(context: DeployContext, bucket: string): Promise<object> {
  const staged = await readStaged(context.aws, bucket).catch(() => null);
  if (staged !== null && !Object.values(staged).includes(undefined)) return artifactsVariable(staged, bucket, context.target);
  const image = `${context.account}.dkr.ecr.${context.target.region}.amazonaws.com/gone@sha256:${'0'.repeat(64)}`;
  return { bucket, engine_image: image, gateway_image: image, weights_key: 'weights/gone', weights_sha256: '0'.repeat(64) };
}

/** By the API and not by an apply, which would also make whatever else differs from the variables. */
async function liftProtection({ aws, names, dialog }: DeployContext): Promise<void> {
  const client = await aws.client('elastic-load-balancing-v2');
  const arn = await client.describeLoadBalancers({ Names: [`${names.prefix}-alb`] }).then(
    ({ LoadBalancers = [] }) => LoadBalancers[0]?.LoadBalancerArn,
    (error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    },
  );
  if (arn === undefined) return;
  const Key = 'deletion_protection.enabled';
  const { Attributes = [] } = await client.describeLoadBalancerAttributes({ LoadBalancerArn: arn });
  if (!Attributes.some((attribute) => attribute.Key === Key && attribute.Value === 'true')) return;
  dialog.say('lifting the deletion protection of the load balancer');
  await client.modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: [{ Key, Value: 'false' }] });
}

async function destroyArtifacts(
  context: DeployContext,
  { account, kmsKeyArn, force }: Given & { force: boolean },
): Promise<void> {
  const { target } = context;
  const file = join(target.infrastructure, 'environments', 'artifacts', `${target.environment}.tfvars`);
  const values = { ...account, name: target.name, environment: target.environment, force_destroy: force };
  const varFiles = existsSync(file) ? [file] : [];
  const artifacts = rootOf(context, { folder: 'artifacts', stateKey: target.artifactsStateKey, kmsKeyArn, varFiles, values });
  await artifacts.init();
  // Whether contents may go is read from the state, so it must stand there first.
  if (force) await applyAll(context, artifacts);
  await destroyRoot(context, artifacts, `artifacts (${target.environment})`);
}

async function applyAll({ progress }: DeployContext, root: Root): Promise<void> {
  const plan = await root.plan();
  try {
    progress.expect(stepsOf(plan.summary));
    await root.apply(plan);
  } finally {
    await root.discard(plan);
  }
}

async function destroyRoot({ dialog, progress }: DeployContext, root: Root, title: string): Promise<void> {
  dialog.say(`planning the end of ${title}`);
  const plan = await root.plan(['-destroy']);
  try {
    dialog.say(`  ${plan.summary.delete.length} to delete`);
    progress.expect(plan.summary.delete.length);
    await root.apply(plan);
  } finally {
    await root.discard(plan);
  }
}

function leftovers({ names, target }: DeployContext, { withArtifacts }: DestroyOptions, { artifacts }: Standing): Leftovers {
  const hasSecret = target.values['api_key_required'] === true;
  return [
    ...(artifacts && !withArtifacts
      ? [
          `weights and images in ${names.artifactsBucket} and ECR (a few dollars a month): sluice destroy ${target.topology} --env ${target.environment} --artifacts --force`,
        ]
      : []),
    ...(hasSecret ? ['the secret with hashed keys, for the days of its recovery window'] : []),
    `the state bucket ${names.stateBucket} and lock table ${names.lockTable}, which other environments use too: infrastructure/bootstrap/README.md says how they go`,
  ];
}
