import { usageLine, type Rule } from './rule.ts';

/** S3, ECR and EFS: billed by what they hold. */
export const storageRules: Rule[] = [
  {
    types: ['aws_s3_bucket'],
    usageKeys: ['storageGB', 'putRequests', 'getRequests'],
    apply(node, context) {
      const requests = { category: 'storage' as const, unit: 'request' };
      return {
        lines: [
          usageLine(node, context, {
            component: 'standard storage',
            category: 'storage',
            priceId: 's3.standard.gb',
            unit: 'GB-month',
            key: 'storageGB',
          }),
          ...(context.usage(node, 'putRequests') === undefined
            ? []
            : [
                usageLine(node, context, {
                  ...requests,
                  component: 'PUT, COPY, POST, LIST',
                  priceId: 's3.put',
                  key: 'putRequests',
                }),
              ]),
          ...(context.usage(node, 'getRequests') === undefined
            ? []
            : [usageLine(node, context, { ...requests, component: 'GET and others', priceId: 's3.get', key: 'getRequests' })]),
        ],
      };
    },
  },
  {
    types: ['aws_ecr_repository'],
    usageKeys: ['storageGB'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'image storage',
          category: 'storage',
          priceId: 'ecr.gb',
          unit: 'GB-month',
          key: 'storageGB',
        }),
      ],
    }),
  },
  {
    types: ['aws_efs_file_system'],
    usageKeys: ['storageGB'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'standard storage',
          category: 'storage',
          priceId: 'efs.standard.gb',
          unit: 'GB-month',
          key: 'storageGB',
        }),
      ],
    }),
  },
];
