import type { ResourceNode } from '../plan/graph.ts';
import { block, blocks, numeric, text } from '../plan/values.ts';
import { range, times } from '../range.ts';
import { fixedLine, usageLine, type LineItem, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

const logTypes = ['aws_cloudwatch_log_group'];
/** Logs are stored compressed; AWS's calculator assumes 0.15 of the ingested size. */
const storedShare = 0.15;
const daysPerMonth = 30;
/** Months of logs that "never expire" is priced with; it grows without end. */
const endlessMonths = 12;

const monitoring = { category: 'monitoring' as const };

/** A metric alarm bills each metric that it looks at; an anomaly alarm also the two bounds (CloudWatch price page). */
function applyAlarm(node: ResourceNode): RuleOutcome {
  const queries = blocks(node.values, 'metric_query');
  const metrics = queries.flatMap((query) => blocks(query, 'metric'));
  const count = Math.max(1, metrics.length);
  const periods = [numeric(node.values, 'period'), ...metrics.map((metric) => numeric(metric, 'period'))].filter(
    (period) => period !== undefined,
  );
  const isHighResolution = periods.some((period) => period < 60);
  const isAnomaly = text(node.values, 'threshold_metric_id') !== undefined;
  const billed = isAnomaly ? count * 3 : count;
  const line = fixedLine({
    ...monitoring,
    component: `${isHighResolution ? 'high-resolution' : 'standard'} ${isAnomaly ? 'anomaly ' : ''}alarm`,
    priceId: isHighResolution ? 'cw.alarm.highres' : 'cw.alarm.standard',
    unit: 'alarm-metric-month',
    quantity: range(billed),
    basis: isAnomaly ? `${count} metrics × 3 (value and two bounds)` : `${count} metrics`,
  });
  return { lines: [line] };
}

function applyLogGroup(node: ResourceNode, context: RuleContext): RuleOutcome {
  const isInfrequent = text(node.values, 'log_group_class') === 'INFREQUENT_ACCESS';
  const days = numeric(node.values, 'retention_in_days') ?? 0;
  const months = days === 0 ? endlessMonths : days / daysPerMonth;
  const ingest = usageLine(node, context, {
    ...monitoring,
    component: 'ingestion',
    priceId: isInfrequent ? 'cw.logs.ingest.ia' : 'cw.logs.ingest',
    unit: 'GB',
    key: 'ingestGB',
    derived: context.workload.shareOf(context.workload.logGB, logTypes),
    derivedBasis: 'logs.ingestGB, shared by the log groups',
  });
  const storage = usageLine(node, context, {
    ...monitoring,
    component: 'storage',
    priceId: 'cw.logs.storage',
    unit: 'GB-month',
    key: 'storedGB',
    derived: times(ingest.quantity ?? range(0), range((storedShare * months).toFixed(6))),
    derivedBasis: `ingestion × ${storedShare} compressed × ${days === 0 ? '12 months' : `${days} days`}`,
  });
  const lines: LineItem[] = [ingest, storage];
  if (context.usage(node, 'scannedGB') !== undefined) {
    lines.push(
      usageLine(node, context, {
        ...monitoring,
        component: 'Insights queries',
        priceId: 'cw.logs.insights',
        unit: 'GB',
        key: 'scannedGB',
      }),
    );
  }
  return { lines, warnings: days === 0 ? ['its logs never expire: 12 months of storage priced'] : [] };
}

const single =
  (component: string, priceId: string, unit: string): Rule['apply'] =>
  () => ({
    lines: [fixedLine({ ...monitoring, component, priceId, unit, quantity: range(1), basis: '1' })],
  });

/** CloudWatch alarms, dashboards, logs and metric filters. */
export const cloudwatchRules: Rule[] = [
  { types: ['aws_cloudwatch_metric_alarm'], usageKeys: [], apply: applyAlarm },
  {
    types: ['aws_cloudwatch_composite_alarm'],
    usageKeys: [],
    apply: single('composite alarm', 'cw.alarm.composite', 'alarm-month'),
  },
  { types: ['aws_cloudwatch_dashboard'], usageKeys: [], apply: single('dashboard', 'cw.dashboard', 'dashboard-month') },
  { types: logTypes, usageKeys: ['ingestGB', 'storedGB', 'scannedGB'], apply: applyLogGroup },
  {
    types: ['aws_cloudwatch_log_metric_filter'],
    usageKeys: [],
    apply(node) {
      const hasDimensions = Object.keys(block(node.values, 'metric_transformation', 'dimensions')).length > 0;
      return {
        lines: [
          fixedLine({
            ...monitoring,
            component: 'custom metric',
            priceId: 'cw.metrics',
            unit: 'metric-month',
            quantity: range(1),
            basis: '1 metric',
          }),
        ],
        warnings: hasDimensions ? ['each value of its dimensions is a metric of its own: 1 counted'] : [],
      };
    },
  },
];
