import { blocks, isTrue, numeric, text } from '../plan/values.ts';
import { range } from '../range.ts';
import { fixedLine, usageLine, type Rule } from './rule.ts';

/** CloudFront and Route 53: priced worldwide. */
export const edgeRules: Rule[] = [
  {
    types: ['aws_cloudfront_distribution'],
    usageKeys: ['dataOutGB', 'requests', 'asiaDataOutGB', 'asiaRequests'],
    apply(node, context) {
      const asia = context.usage(node, 'asiaDataOutGB') !== undefined || context.usage(node, 'asiaRequests') !== undefined;
      const bytes = { category: 'cdn' as const, unit: 'GB' };
      const requests = { category: 'cdn' as const, unit: 'request' };
      return {
        lines: [
          usageLine(node, context, {
            ...bytes,
            component: 'data out, Americas and Europe',
            priceId: 'cloudfront.dto.us',
            key: 'dataOutGB',
          }),
          usageLine(node, context, {
            ...requests,
            component: 'HTTPS requests, Americas and Europe',
            priceId: 'cloudfront.https.us',
            key: 'requests',
          }),
          ...(asia
            ? [
                usageLine(node, context, {
                  ...bytes,
                  component: 'data out, Asia',
                  priceId: 'cloudfront.dto.ap',
                  key: 'asiaDataOutGB',
                }),
                usageLine(node, context, {
                  ...requests,
                  component: 'HTTPS requests, Asia',
                  priceId: 'cloudfront.https.ap',
                  key: 'asiaRequests',
                }),
              ]
            : []),
        ],
        unpriced: isTrue(blocks(node.values, 'origin')[0] ?? {}, 'origin_shield') ? ['Origin Shield requests'] : [],
        warnings: ['a flat-rate plan may be cheaper: Free is $0 for 1M requests and 100 GB, Pro $15 for 10M and 50 TB, with WAF'],
      };
    },
  },
  {
    types: ['aws_cloudfront_function'],
    usageKeys: ['invocations'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'invocations',
          category: 'cdn',
          priceId: 'cloudfront.function',
          unit: 'request',
          key: 'invocations',
        }),
      ],
    }),
  },
  {
    types: ['aws_route53_zone'],
    usageKeys: ['queries'],
    apply: (node, context) => ({
      lines: [
        fixedLine({
          component: 'hosted zone',
          category: 'network',
          priceId: 'r53.zone',
          unit: 'month',
          quantity: range(1),
          basis: '1 zone',
        }),
        ...(context.usage(node, 'queries') === undefined
          ? []
          : [
              usageLine(node, context, {
                component: 'queries',
                category: 'network',
                priceId: 'r53.queries',
                unit: 'query',
                key: 'queries',
              }),
            ]),
      ],
    }),
  },
  {
    // Namespaces with DNS create a hosted zone (AWS Cloud Map price page).
    types: ['aws_service_discovery_private_dns_namespace', 'aws_service_discovery_public_dns_namespace'],
    usageKeys: [],
    apply: () => ({
      lines: [
        fixedLine({
          component: 'hosted zone',
          category: 'network',
          priceId: 'r53.zone',
          unit: 'month',
          quantity: range(1),
          basis: '1 zone',
        }),
      ],
    }),
  },
  {
    types: ['aws_route53_health_check'],
    usageKeys: [],
    apply(node) {
      const kind = text(node.values, 'type') ?? '';
      if (kind === 'CALCULATED' || kind === 'CLOUDWATCH_METRIC' || numeric(node.values, 'request_interval') === 10)
        return { lines: [], unpriced: ['optional features of health checks'] };
      return {
        lines: [
          fixedLine({
            component: 'health check',
            category: 'network',
            priceId: 'r53.healthcheck.external',
            unit: 'month',
            quantity: range(1),
            basis: '1 check, endpoint taken as outside AWS',
          }),
        ],
      };
    },
  },
];
