import { resourcesOf, type PlanJson } from './plan.ts';

export interface Sizes {
  min_instances?: unknown;
  max_instances?: unknown;
}

/** Property 3: groups that could run out of instances, or are not of the size that was asked for. `within` names the module of the fleet. */
export function wrongSizes(
  plan: PlanJson,
  { min_instances: asked = 1, max_instances: most = 4 }: Sizes,
  within = 'module.gpu_fleet',
): string[] {
  const groups = resourcesOf(plan, 'aws_autoscaling_group');
  const fleet = groups.filter(({ moduleAddress }) => moduleAddress === within);
  const least = Math.max(1, Number(asked));
  return [
    ...(fleet.length === 1 ? [] : [`${within} has ${fleet.length} Auto Scaling groups`]),
    ...groups
      .filter(({ values }) => !(Number(values['min_size']) >= 1))
      .map(({ address, values }) => `${address} may shrink to ${JSON.stringify(values['min_size'])}`),
    ...fleet.flatMap(({ address, values }) => [
      ...(values['min_size'] === least ? [] : [`${address} has min_size ${JSON.stringify(values['min_size'])} and not ${least}`]),
      ...(values['max_size'] === most
        ? []
        : [`${address} has max_size ${JSON.stringify(values['max_size'])} and not ${JSON.stringify(most)}`]),
    ]),
    // A schedule could take the last instance away at night.
    ...resourcesOf(plan, 'aws_autoscaling_schedule').map(({ address }) => `${address} changes sizes by the clock`),
  ];
}
