import type { PlanJson } from './plan.ts';

/** Which tier of the network each part stands in (requirements 6.2 and 6.3). The load balancer is internal all the same. */
const tiers: Readonly<Record<string, string>> = {
  load_balancer: 'public_subnet_ids',
  api: 'private_subnet_ids',
  gpu_fleet: 'private_subnet_ids',
  standby: 'private_subnet_ids',
};

/** Parts of the topology that are given other subnets. Read from the configuration: before an apply subnets have no ids to compare. */
export function misplaced(plan: PlanJson): string[] {
  const calls = plan.configuration?.root_module?.module_calls ?? {};
  return Object.entries(tiers).flatMap(([part, tier]) => {
    const references = calls[part]?.expressions?.['subnet_ids']?.references ?? [];
    const given = references.filter((reference) => reference.endsWith('_subnet_ids')).join(' ');
    return given === `module.networking.${tier}` ? [] : [`${part} is given [${given}] and not ${tier}`];
  });
}
