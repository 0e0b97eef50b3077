import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { bootstrapStateKey } from '../roots/backend.ts';
import { renderPlan } from '../roots/plan-summary.ts';
import type { Root } from '../roots/root.ts';
import { artifactsVariable, readStaged } from '../stage/staged.ts';
import { readStateOutputs, textOutput } from '../state-outputs.ts';
import { rootOf, type DeployContext } from './context.ts';

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

/**
 * Takes a topology down. What protects it (the load balancer's deletion protection) is lifted first, after the same confirmation.
 * @throws GatewayError: prod without the flag, the name was not typed, or what `failureOf` explains
 */
export async function destroy(context: DeployContext, options: DestroyOptions): Promise<Leftovers> {
  const { target, names, aws, dialog } = context;
  if (target.environment === 'prod' && !options.allowProd) {
    throw new GatewayError(
      'bad_request',
      `${names.prefix} is production: say --allow-prod if it shall really go. Nothing was changed`,
    );
  }
  const bootstrap = await readStateOutputs(aws, names.stateBucket, bootstrapStateKey);
  const state = await readStateOutputs(aws, names.stateBucket, target.stateKey);
  const artifactsState = await readStateOutputs(aws, names.stateBucket, target.artifactsStateKey);
  if (state === null && !(options.withArtifacts && artifactsState !== null)) {
    throw new GatewayError('not_found', `there is nothing to destroy: ${names.stateBucket} has no state ${target.stateKey}`);
  }
  const account = {
    account_id: context.account,
    aws_region: target.region,
    permissions_boundary_arn: textOutput(bootstrap, 'permissions_boundary_arn') ?? '',
  };
  const kmsKeyArn = textOutput(bootstrap, 'kms_key_arn');
  await confirm(context, options);
  if (state !== null) {
    const bucket = textOutput(artifactsState, 'bucket') ?? names.artifactsBucket;
    const topology = rootOf(context, {
      folder: join('topologies', target.topology),
      stateKey: target.stateKey,
      kmsKeyArn,
      varFiles: [target.tfvarsPath],
      values: { ...account, artifacts: await stagedOrPlaceholder(context, bucket), deletion_protection: false },
    });
    await topology.init();
    await liftProtection(context, topology);
    await destroyRoot(context, topology, `topology ${target.topology} (${target.environment})`);
  }
  if (options.withArtifacts && artifactsState !== null) {
    const file = join(target.infrastructure, 'environments', 'artifacts', `${target.environment}.tfvars`);
    const values = { ...account, name: target.name, environment: target.environment, force_destroy: options.force };
    const varFiles = existsSync(file) ? [file] : [];
    const artifacts = rootOf(context, { folder: 'artifacts', stateKey: target.artifactsStateKey, kmsKeyArn, varFiles, values });
    await artifacts.init();
    // Whether contents may go is read from the state, so it must stand there first.
    if (options.force) await artifacts.apply(await artifacts.plan());
    await destroyRoot(context, artifacts, `artifacts (${target.environment})`);
  }
  dialog.say('done');
  return leftovers(context, options, artifactsState !== null);
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

/** A destroy cannot read what staging made, when that is gone already. The values do not matter then: nothing is made with them. */
async function stagedOrPlaceholder(context: DeployContext, bucket: string): Promise<object> {
  const staged = await readStaged(context.aws, bucket).catch(() => null);
  if (staged !== null && !Object.values(staged).includes(undefined)) return artifactsVariable(staged, bucket);
  const image = `${context.account}.dkr.ecr.${context.target.region}.amazonaws.com/gone@sha256:${'0'.repeat(64)}`;
  return { bucket, engine_image: image, gateway_image: image, weights_key: 'weights/gone', weights_sha256: '0'.repeat(64) };
}

const loadBalancer = 'module.load_balancer.aws_lb.this';

async function liftProtection({ dialog }: DeployContext, topology: Root): Promise<void> {
  const plan = await topology.plan([`-target=${loadBalancer}`]);
  if (!plan.summary.update.includes(loadBalancer)) return;
  dialog.say('lifting the deletion protection of the load balancer');
  await topology.apply(plan);
}

async function destroyRoot({ dialog, progress }: DeployContext, root: Root, title: string): Promise<void> {
  dialog.say(`planning the end of ${title}`);
  const plan = await root.plan(['-destroy']);
  dialog.say(renderPlan({ ...plan.summary, update: [], replace: [] }).split('\n')[0] ?? '');
  progress.expect(plan.summary.delete.length);
  await root.apply(plan);
}

function leftovers({ names, target }: DeployContext, { withArtifacts }: DestroyOptions, hasArtifacts: boolean): Leftovers {
  const secret = target.values['api_key_required'] === true;
  return [
    ...(hasArtifacts && !withArtifacts
      ? [
          `weights and images in ${names.artifactsBucket} and ECR (a few dollars a month): sluice destroy ${target.topology} --env ${target.environment} --artifacts --force`,
        ]
      : []),
    ...(secret ? ['the secret with hashed keys, for the days of its recovery window'] : []),
    `the state bucket ${names.stateBucket} and lock table ${names.lockTable}, which other environments use too: infrastructure/bootstrap/README.md says how they go`,
  ];
}
