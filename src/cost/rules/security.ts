import { text } from '../plan/values.ts';
import { divide, micro } from '../money.ts';
import { each, range, type Range } from '../range.ts';
import { hoursPerMonth } from '../usage/workload.ts';
import { fixedLine, usageLine, type LineItem, type Rule, type RuleContext } from './rule.ts';
import type { ResourceNode } from '../plan/graph.ts';

const security = { category: 'security' as const };

const calls = (node: ResourceNode, context: RuleContext, priceId: string): LineItem[] =>
  context.usage(node, 'requests') === undefined
    ? []
    : [usageLine(node, context, { ...security, component: 'API requests', priceId, unit: 'request', key: 'requests' })];

/** Hours of the month that the resource exists, as a part of a month. */
function monthShare(node: ResourceNode, context: RuleContext): Range {
  const hours = context.usage(node, 'monthlyHours');
  return hours === undefined ? range(1) : each((scenario) => divide(hours[scenario], micro(hoursPerMonth)));
}

/** Secrets Manager, Parameter Store and KMS. */
export const securityRules: Rule[] = [
  {
    types: ['aws_secretsmanager_secret'],
    usageKeys: ['requests', 'monthlyHours'],
    apply: (node, context) => ({
      lines: [
        fixedLine({
          ...security,
          component: 'secret',
          priceId: 'secrets.secret',
          unit: 'month',
          quantity: monthShare(node, context),
          basis: '1 secret',
        }),
        ...calls(node, context, 'secrets.api'),
      ],
    }),
  },
  {
    types: ['aws_ssm_parameter'],
    usageKeys: ['requests', 'monthlyHours'],
    apply(node, context) {
      const tier = text(node.values, 'tier') ?? 'Standard';
      if (tier === 'Standard') return { lines: [] };
      return {
        lines: [
          fixedLine({
            ...security,
            component: `${tier} parameter`,
            priceId: 'ssm.advanced',
            unit: 'month',
            quantity: monthShare(node, context),
            basis: '1 parameter',
          }),
          ...calls(node, context, 'ssm.api'),
        ],
        warnings: tier === 'Intelligent-Tiering' ? ['Intelligent-Tiering: priced as Advanced, the dearer case'] : [],
      };
    },
  },
  {
    types: ['aws_kms_key', 'aws_kms_replica_key', 'aws_kms_external_key'],
    usageKeys: ['requests'],
    apply: (node, context) => ({
      lines: [
        fixedLine({
          ...security,
          component: 'customer managed key',
          priceId: 'kms.key',
          unit: 'month',
          quantity: range(1),
          basis: '1 key',
        }),
        ...calls(node, context, 'kms.requests'),
      ],
    }),
  },
];
