import { blocks, configuredResources, resourcesOf, type PlanJson, type Resource } from './plan.ts';

const isUp = /^GreaterThan/;
const isDown = /^LessThan/;

/** By how many hosts a policy changes the group, for each of its steps. */
const changesOf = ({ values }: Resource): number[] =>
  blocks(values, 'step_adjustment').length > 0
    ? blocks(values, 'step_adjustment').map(({ scaling_adjustment: change }) => Number(change))
    : [Number(values['scaling_adjustment'])];

/** The policy that an alarm's resource refers to in its actions; policies of one type have one ARN in a mocked plan. */
function policyOf(plan: PlanJson, alarm: Resource): Resource | undefined {
  const configured = configuredResources(plan).find(({ type, name }) => type === alarm.type && name === alarm.name);
  const { references = [] } = (configured?.expressions['alarm_actions'] ?? {}) as { references?: string[] };
  return resourcesOf(plan, 'aws_autoscaling_policy').find(({ name }) =>
    references.some((reference) => reference.startsWith(`aws_autoscaling_policy.${name}`)),
  );
}

/** An alarm on too much adds hosts and one on too little takes some away, by a number of them and never to one. */
function wrongScaling(plan: PlanJson): string[] {
  const alarms = resourcesOf(plan, 'aws_cloudwatch_metric_alarm').filter(
    ({ moduleAddress }) => moduleAddress === 'module.gpu_fleet',
  );
  const used = new Set<string>();
  const faults = alarms.flatMap((alarm) => {
    const policy = policyOf(plan, alarm);
    if (policy === undefined) return [`${alarm.address} scales nothing`];
    used.add(policy.address);
    const comparison = String(alarm.values['comparison_operator']);
    const changes = changesOf(policy);
    const isRight = isUp.test(comparison)
      ? changes.every((change) => change > 0)
      : isDown.test(comparison) && changes.every((change) => change < 0);
    return [
      ...(isRight ? [] : [`${alarm.address} (${comparison}) changes the group by ${changes.join(', ')}`]),
      // Average over hosts: a sum would grow with them, and the fleet would follow itself.
      ...(alarm.values['statistic'] === 'Average' ? [] : [`${alarm.address} scales by the ${String(alarm.values['statistic'])}`]),
      ...(alarm.values['treat_missing_data'] === 'notBreaching' ? [] : [`${alarm.address} scales where nothing is known`]),
    ];
  });
  const policies = resourcesOf(plan, 'aws_autoscaling_policy').flatMap(({ address, values }) => [
    ...(values['adjustment_type'] === 'ChangeInCapacity' ? [] : [`${address} sets a size instead of changing it`]),
    ...(used.has(address) ? [] : [`${address} is used by no alarm`]),
  ]);
  return [...faults, ...policies];
}

/** An alarm tells people, or the rule of a composite alarm that does; who hears of trouble hears of its end. */
function unheard(plan: PlanJson): string[] {
  const composites = resourcesOf(plan, 'aws_cloudwatch_composite_alarm');
  const simple = resourcesOf(plan, 'aws_cloudwatch_metric_alarm');
  const names = new Set(simple.map(({ values }) => String(values['alarm_name'])));
  const rules = composites.map(({ address, values }) => ({ address, rule: String(values['alarm_rule']) }));
  const inRules = rules.flatMap(({ address, rule }) =>
    [...rule.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ address, name })),
  );
  const missing = inRules
    .filter(({ name }) => !names.has(name))
    .map(({ address, name }) => `${address} waits for ${name}, which is no alarm`);
  const actions = ({ values }: Resource, key: string): string[] => (values[key] ?? []) as string[];
  const silent = [...simple, ...composites].flatMap((alarm) => {
    const told = actions(alarm, 'alarm_actions');
    const isInput = inRules.some(({ name }) => name === alarm.values['alarm_name']);
    const isScaling = alarm.moduleAddress === 'module.gpu_fleet';
    if (told.length === 0) return isInput ? [] : [`${alarm.address} tells nobody`];
    const isOver = isScaling || actions(alarm, 'ok_actions').join(' ') === told.join(' ');
    return isOver ? [] : [`${alarm.address} does not say when it is over`];
  });
  const impatient = simple
    .filter(({ values }) => Number(values['datapoints_to_alarm']) !== Number(values['evaluation_periods']))
    .map(({ address }) => `${address} rises before its time`);
  return [...missing, ...silent, ...impatient];
}

/** What is wrong with who is told of what, and with what scales the fleet. The plan must be a mocked one, which knows ARNs. */
export const uselessAlarms = (plan: PlanJson): string[] => [...wrongScaling(plan), ...unheard(plan)];
