import type { ResourceNode } from '../plan/graph.ts';
import { block, blocks, text, type Values } from '../plan/values.ts';
import { range } from '../range.ts';
import { fixedLine, usageLine, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

const aclTypes = ['aws_wafv2_web_acl'];
/** Managed rule groups with fees of their own (AWS WAF price page). */
const surcharged = [
  'AWSManagedRulesBotControlRuleSet',
  'AWSManagedRulesATPRuleSet',
  'AWSManagedRulesACFPRuleSet',
  'AWSManagedRulesAntiDDoSRuleSet',
];
/** ACLs for CloudFront are billed at one price everywhere, listed under us-east-1. */
const globalRegion = 'us-east-1';

const regionOf = (values: Values): { region?: string } =>
  text(values, 'scope') === 'CLOUDFRONT' ? { region: globalRegion } : {};

function applyAcl(node: ResourceNode, context: RuleContext): RuleOutcome {
  const rules = blocks(node.values, 'rule');
  const managed = rules.flatMap((rule) => text(block(rule, 'statement', 'managed_rule_group_statement'), 'name') ?? []);
  const where = regionOf(node.values);
  const requests = usageLine(node, context, {
    ...where,
    component: 'requests inspected',
    category: 'waf',
    priceId: 'waf.requests',
    unit: 'request',
    key: 'requests',
    derived: context.workload.shareOf(context.workload.requests, aclTypes),
    derivedBasis: 'traffic.requests',
  });
  const steps = context.usage(node, 'requestsTimesExtra500Wcu');
  return {
    lines: [
      fixedLine({
        ...where,
        component: 'web ACL',
        category: 'waf',
        priceId: 'waf.webacl',
        unit: 'month',
        quantity: range(1),
        basis: '1 ACL',
      }),
      fixedLine({
        ...where,
        component: 'rules and rule groups',
        category: 'waf',
        priceId: 'waf.rule',
        unit: 'month',
        quantity: range(rules.length),
        basis: `rule blocks of the ACL: ${rules.length}`,
      }),
      requests,
      ...(steps === undefined
        ? []
        : [
            usageLine(node, context, {
              ...where,
              component: 'capacity above 1,500 WCU',
              category: 'waf',
              priceId: 'waf.requests.wcu500',
              unit: 'request',
              key: 'requestsTimesExtra500Wcu',
            }),
          ]),
    ],
    warnings: rules.length === 0 ? ['the plan shows none of its rules: none counted'] : [],
    unpriced: managed.filter((name) => surcharged.includes(name)).map((name) => `the fee of ${name}`),
  };
}

/** AWS WAF (v2). */
export const wafRules: Rule[] = [
  { types: aclTypes, usageKeys: ['requests', 'requestsTimesExtra500Wcu'], apply: applyAcl },
  {
    types: ['aws_wafv2_rule_group'],
    usageKeys: [],
    apply(node) {
      const count = blocks(node.values, 'rule').length;
      const line = fixedLine({
        ...regionOf(node.values),
        component: 'rules of the group',
        category: 'waf',
        priceId: 'waf.rule',
        unit: 'month',
        quantity: range(count),
        basis: `${count} rules`,
      });
      return { lines: [line] };
    },
  },
];
