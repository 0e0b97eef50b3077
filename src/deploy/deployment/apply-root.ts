import { GatewayError } from '../../errors.ts';
import { isEmpty, renderPlan, type PlanSummary } from '../roots/plan-summary.ts';
import type { Plan, Root } from '../roots/root.ts';
import type { DeployContext } from './context.ts';

export interface ApplyOptions {
  /** How the root is called for people: `the topology gpu (dev)`. */
  title: string;
  /** Asked before anything is changed; unless the person said yes to everything. */
  question: string;
  isApproved: boolean;
  /** Whether resources whose loss hurts may be replaced or deleted. */
  allowReplace: boolean;
  /** Told beside the plan, such as its price. */
  note?: (plan: Plan) => string;
  /** Throws for a plan that must not be applied. */
  check?: (summary: PlanSummary) => void;
  /** Adds to the error of a failed apply what can be found out about it. */
  explain?: (error: unknown) => Promise<unknown>;
}

/** What cannot be made anew without an outage or a loss. */
const precious =
  /\.(aws_apigatewayv2_vpc_link|aws_lb|aws_lb_target_group|aws_api_gateway_rest_api|aws_s3_bucket|aws_dynamodb_table|aws_kms_key|aws_vpc|aws_db_instance)\./;

const isPrecious = (address: string): boolean => precious.test(`.${address}.`);

/**
 * Plans a root, shows what it would do, asks, and applies just that plan. Returns whether anything was applied.
 * @throws GatewayError: the plan would replace something precious, the person said no, or what `failureOf` explains
 */
export async function applyRoot(
  context: Pick<DeployContext, 'dialog' | 'progress'>,
  root: Root,
  options: ApplyOptions,
): Promise<boolean> {
  const { dialog } = context;
  dialog.say(`planning ${options.title}`);
  await root.init();
  const plan = await planWhole(context, root);
  try {
    if (plan.hasChanges) await applyPlan(context, root, { plan, ...options });
    else dialog.say('  nothing to change');
    return plan.hasChanges;
  } finally {
    await root.discard(plan);
  }
}

/** What must be made anew when its making broke off: a group may still let everything out, a link have failed for ever, a secret be empty. */
const mustBeWhole = /\.(aws_security_group|aws_apigatewayv2_vpc_link|aws_secretsmanager_secret_version)\./;

/** What a run broke off at and another can go on with, instead of making it anew. */
export const adoptable = ({ halfMade }: PlanSummary): string[] => halfMade.filter((address) => !mustBeWhole.test(`.${address}.`));

/**
 * A plan that goes on with what a run broke off at, instead of making it anew. Most names are fixed and taken until the old one goes, which often goes last, so
 * that could not succeed; and a fleet that only waited for capacity would lose its hosts. What is not as it should be yet shows in the second plan.
 */
async function planWhole({ dialog }: Pick<DeployContext, 'dialog'>, root: Root): Promise<Plan> {
  const plan = await root.plan();
  const halfMade = adoptable(plan.summary);
  if (halfMade.length === 0) return plan;
  await root.discard(plan);
  dialog.say(`  going on with what a run broke off at: ${halfMade.join(', ')}`);
  await root.adopt(halfMade);
  return root.plan();
}

async function applyPlan(
  { dialog, progress }: Pick<DeployContext, 'dialog' | 'progress'>,
  root: Root,
  { plan, question, isApproved, allowReplace, note, check, explain }: ApplyOptions & { plan: Plan },
): Promise<void> {
  const { summary } = plan;
  dialog.say(isEmpty(summary) ? '  only outputs change' : renderPlan(summary).trimEnd());
  if (note !== undefined && !isEmpty(summary)) dialog.say(`  ${note(plan)}`);
  refuseLoss(summary, allowReplace);
  check?.(summary);
  const isAsked = !isApproved && !isEmpty(summary);
  if (isAsked && !(await dialog.confirm(question))) throw new GatewayError('bad_request', 'nothing was changed');
  progress.expect(stepsOf(summary));
  try {
    await root.apply(plan);
  } catch (error) {
    throw (await explain?.(error)) ?? error;
  }
}

/** How many things an apply tells as done: a replacement is a deletion and a creation. */
export const stepsOf = ({ create, update, replace, delete: removed }: PlanSummary): number =>
  create.length + update.length + 2 * replace.length + removed.length;

/** @throws GatewayError: the plan would replace or delete what cannot be made anew without an outage or a loss */
export function refuseLoss({ replace, delete: removed, halfMade }: PlanSummary, isAllowed: boolean): void {
  // What was never whole was never in use.
  const lost = [...replace, ...removed].filter((address) => isPrecious(address) && !halfMade.includes(address));
  if (lost.length === 0 || isAllowed) return;
  throw new GatewayError(
    'bad_request',
    `this plan would replace or delete ${lost.join(', ')}: an outage, or a loss of what they hold. ` +
      'Look for the cause (a changed name, zone or range), or say --allow-replace if it is meant. Nothing was changed',
  );
}
