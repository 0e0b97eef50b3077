import { multiply, micro } from '../money.ts';
import type { ResourceNode } from '../plan/graph.ts';
import { block, isTrue, numeric, text, texts } from '../plan/values.ts';
import { each } from '../range.ts';
import { usageLine, type LineItem, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** What Lambda gives a function that names no memory. */
const defaultMemoryMB = 128;

function durationLine(node: ResourceNode, context: RuleContext): LineItem {
  const memoryMB = numeric(node.values, 'memory_size') ?? defaultMemoryMB;
  const isArm = texts(node.values, 'architectures').includes('arm64');
  const requests = context.usage(node, 'requests');
  const durationMs = context.usage(node, 'durationMs');
  const line = usageLine(node, context, {
    component: `duration at ${memoryMB} MB`,
    category: 'compute',
    priceId: isArm ? 'lambda.arm.gbs' : 'lambda.gbs',
    unit: 'GB-second',
    key: 'durationMs',
  });
  if (requests === undefined || durationMs === undefined)
    return { ...line, quantity: null, basis: 'set requests and durationMs in the usage file' };
  // Requests first: seconds × memory of one call would lose digits.
  const quantity = each(
    (scenario) => multiply(multiply(requests[scenario], durationMs[scenario]), micro(memoryMB / 1024)) / 1000n,
  );
  return { ...line, quantity, basis: `requests × durationMs × ${memoryMB} MB` };
}

function applyFunction(node: ResourceNode, context: RuleContext): RuleOutcome {
  return {
    lines: [
      usageLine(node, context, {
        component: 'requests',
        category: 'compute',
        priceId: 'lambda.requests',
        unit: 'request',
        key: 'requests',
      }),
      durationLine(node, context),
    ],
    unpriced: (numeric(block(node.values, 'ephemeral_storage'), 'size') ?? 512) > 512 ? ['ephemeral storage above 512 MB'] : [],
  };
}

const builds: Readonly<Record<string, string>> = {
  BUILD_GENERAL1_SMALL: 'codebuild.general1.small',
  BUILD_GENERAL1_MEDIUM: 'codebuild.general1.medium',
  BUILD_GENERAL1_LARGE: 'codebuild.general1.large',
};

/** Lambda, SNS, SQS, CodeBuild and Firehose: billed by use alone. */
export const serverlessRules: Rule[] = [
  { types: ['aws_lambda_function'], usageKeys: ['requests', 'durationMs'], apply: applyFunction },
  {
    types: ['aws_lambda_provisioned_concurrency_config'],
    usageKeys: [],
    apply: () => ({ lines: [], unpriced: ['provisioned concurrency'] }),
  },
  {
    types: ['aws_sns_topic'],
    usageKeys: ['requests', 'emails'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'publish requests',
          category: 'other',
          priceId: 'sns.requests',
          unit: 'request',
          key: 'requests',
        }),
        ...(context.usage(node, 'emails') === undefined
          ? []
          : [
              usageLine(node, context, {
                component: 'e-mails',
                category: 'other',
                priceId: 'sns.email',
                unit: 'notification',
                key: 'emails',
              }),
            ]),
      ],
    }),
  },
  {
    types: ['aws_sqs_queue'],
    usageKeys: ['requests'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'requests',
          category: 'other',
          priceId: isTrue(node.values, 'fifo_queue') ? 'sqs.fifo' : 'sqs.standard',
          unit: 'request',
          key: 'requests',
        }),
      ],
    }),
  },
  {
    types: ['aws_codebuild_project'],
    usageKeys: ['buildMinutes'],
    apply(node, context) {
      const size = text(block(node.values, 'environment'), 'compute_type') ?? '';
      const priceId = builds[size];
      const isPlainLinux = text(block(node.values, 'environment'), 'type') === 'LINUX_CONTAINER';
      if (priceId === undefined || !isPlainLinux) return { lines: [], unpriced: [`build minutes of ${size}`] };
      return {
        lines: [
          usageLine(node, context, {
            component: `build minutes, ${size}`,
            category: 'other',
            priceId,
            unit: 'minute',
            key: 'buildMinutes',
          }),
        ],
      };
    },
  },
  {
    types: ['aws_kinesis_firehose_delivery_stream'],
    usageKeys: ['ingestGB'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'ingestion',
          category: 'monitoring',
          priceId: 'firehose.gb',
          unit: 'GB',
          key: 'ingestGB',
        }),
      ],
    }),
  },
];
