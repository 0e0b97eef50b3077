import type { ResourceNode } from '../plan/graph.ts';
import { block, blocks, isTrue, numeric, text } from '../plan/values.ts';
import { range, times } from '../range.ts';
import { fixedLine, usageLine, type LineItem, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** gp3 of RDS includes 3,000 IOPS, and 12,000 from 400 GB on (RDS User Guide, gp3 storage); SQL Server does not step up, Oracle does at 200 GB. */
function includedIops(engine: string, sizeGB: number): number {
  if (engine.startsWith('sqlserver')) return 3000;
  return sizeGB >= (engine.startsWith('oracle') ? 200 : 400) ? 12_000 : 3000;
}

const optional = (node: ResourceNode, context: RuleContext, line: Parameters<typeof usageLine>[2]): LineItem[] =>
  context.usage(node, line.key) === undefined ? [] : [usageLine(node, context, line)];

function applyDatabase(node: ResourceNode, context: RuleContext): RuleOutcome {
  const engine = text(node.values, 'engine') ?? 'unknown';
  const instanceClass = text(node.values, 'instance_class');
  if (instanceClass === undefined) return { lines: [], unpriced: ['its instance class is not known before apply'] };
  const isMultiAz = isTrue(node.values, 'multi_az');
  const suffix = isMultiAz ? '.multiaz' : '';
  const sizeGB = numeric(node.values, 'allocated_storage');
  const iops = numeric(node.values, 'iops');
  const storageType = text(node.values, 'storage_type') ?? (iops === undefined ? 'gp2' : 'io1');
  const hours = context.usage(node, 'monthlyHours') ?? context.workload.hours;
  const database = { category: 'database' as const };
  const extraIops = storageType === 'gp3' && iops !== undefined ? iops - includedIops(engine, sizeGB ?? 0) : 0;
  const lines = [
    fixedLine({
      ...database,
      component: `${engine} ${instanceClass}${isMultiAz ? ' Multi-AZ' : ''}`,
      priceId: `rds.${engine}${suffix}.${instanceClass}`,
      unit: 'hour',
      quantity: hours,
      basis: 'hours',
    }),
    ...(sizeGB === undefined
      ? []
      : [
          fixedLine({
            ...database,
            component: `${storageType} storage`,
            priceId: `rds.${storageType}.gb${suffix}`,
            unit: 'GB-month',
            quantity: range(sizeGB),
            basis: `${sizeGB} GB`,
          }),
        ]),
    ...(extraIops > 0
      ? [
          fixedLine({
            ...database,
            component: 'IOPS above those included',
            priceId: `rds.gp3.iops${suffix}`,
            unit: 'IOPS-month',
            quantity: range(extraIops),
            basis: `${iops ?? 0} IOPS less those included`,
          }),
        ]
      : []),
    ...(storageType === 'io1' || storageType === 'io2'
      ? [
          fixedLine({
            ...database,
            component: 'provisioned IOPS',
            priceId: `rds.${storageType}.iops${suffix}`,
            unit: 'IOPS-month',
            quantity: range(iops ?? 0),
            basis: `${iops ?? 0} IOPS`,
          }),
        ]
      : []),
    ...optional(node, context, {
      ...database,
      component: 'backup above 100 % of storage',
      priceId: 'rds.backup.gb',
      unit: 'GB-month',
      key: 'extraBackupGB',
    }),
  ];
  const keepsInsights =
    isTrue(node.values, 'performance_insights_enabled') &&
    (numeric(node.values, 'performance_insights_retention_period') ?? 7) > 7;
  const growsTo = numeric(node.values, 'max_allocated_storage') ?? 0;
  return {
    lines,
    unpriced: [
      ...(sizeGB === undefined ? ['its storage: the size comes from a snapshot or source'] : []),
      ...(keepsInsights ? ['Performance Insights beyond 7 days'] : []),
    ],
    warnings: growsTo > (sizeGB ?? 0) ? [`its storage may grow to ${growsTo} GB`] : [],
  };
}

function applyClusterInstance(node: ResourceNode, context: RuleContext): RuleOutcome {
  const instanceClass = text(node.values, 'instance_class') ?? 'unknown';
  const engine = text(node.values, 'engine') ?? 'aurora';
  if (instanceClass === 'db.serverless') return { lines: [], unpriced: ['Aurora capacity units'] };
  return {
    lines: [
      fixedLine({
        component: `${engine} ${instanceClass}`,
        category: 'database',
        priceId: `rds.${engine}.${instanceClass}`,
        unit: 'hour',
        quantity: context.workload.hours,
        basis: '730 h',
      }),
    ],
  };
}

function cacheNode(node: ResourceNode, context: RuleContext, nodes: number): RuleOutcome {
  const engine = text(node.values, 'engine') ?? 'redis';
  const nodeType = text(node.values, 'node_type');
  if (nodeType === undefined) return { lines: [], unpriced: ['its node type is not known before apply'] };
  const priced = engine === 'valkey' ? 'valkey' : 'redis';
  return {
    lines: [
      fixedLine({
        component: `${engine} ${nodeType}`,
        category: 'cache',
        priceId: `elasticache.${priced}.${nodeType}`,
        unit: 'hour',
        quantity: times(range(nodes), context.workload.hours),
        basis: `730 h × ${nodes} nodes`,
      }),
      ...optional(node, context, {
        component: 'snapshots',
        category: 'cache',
        priceId: 'elasticache.backup.gb',
        unit: 'GB-month',
        key: 'backupGB',
      }),
    ],
  };
}

function replicationNodes(node: ResourceNode): number {
  const groups = numeric(node.values, 'num_node_groups') ?? numeric(block(node.values, 'cluster_mode'), 'num_node_groups');
  const replicas =
    numeric(node.values, 'replicas_per_node_group') ?? numeric(block(node.values, 'cluster_mode'), 'replicas_per_node_group');
  if (groups !== undefined || replicas !== undefined) return (groups ?? 1) * (1 + (replicas ?? 0));
  return numeric(node.values, 'num_cache_clusters') ?? 1;
}

function applyTable(node: ResourceNode, context: RuleContext): RuleOutcome {
  const database = { category: 'database' as const };
  const storage = usageLine(node, context, {
    ...database,
    component: 'storage',
    priceId: 'ddb.gb',
    unit: 'GB-month',
    key: 'storageGB',
  });
  const recovery = isTrue(block(node.values, 'point_in_time_recovery'), 'enabled')
    ? [
        usageLine(node, context, {
          ...database,
          component: 'point-in-time recovery',
          priceId: 'ddb.pitr',
          unit: 'GB-month',
          key: 'storageGB',
        }),
      ]
    : [];
  const replicas = blocks(node.values, 'replica').length > 0 ? ['replicas in other regions'] : [];
  if (text(node.values, 'billing_mode') === 'PAY_PER_REQUEST') {
    return {
      lines: [
        usageLine(node, context, {
          ...database,
          component: 'write request units',
          priceId: 'ddb.wru',
          unit: 'unit',
          key: 'writeUnits',
        }),
        usageLine(node, context, {
          ...database,
          component: 'read request units',
          priceId: 'ddb.rru',
          unit: 'unit',
          key: 'readUnits',
        }),
        storage,
        ...recovery,
      ],
      unpriced: replicas,
    };
  }
  const provisioned = [node.values, ...blocks(node.values, 'global_secondary_index')];
  const total = (key: string): number => provisioned.reduce((sum, values) => sum + (numeric(values, key) ?? 0), 0);
  const capacity = (component: string, priceId: string, unit: string, count: number): LineItem =>
    fixedLine({
      ...database,
      component,
      priceId,
      unit,
      quantity: times(range(count), context.workload.hours),
      basis: `730 h × ${count}`,
    });
  return {
    lines: [
      capacity('write capacity', 'ddb.wcu', 'WCU-hour', total('write_capacity')),
      capacity('read capacity', 'ddb.rcu', 'RCU-hour', total('read_capacity')),
      storage,
      ...recovery,
    ],
    unpriced: replicas,
  };
}

/** RDS, ElastiCache and DynamoDB. */
export const databaseRules: Rule[] = [
  { types: ['aws_db_instance'], usageKeys: ['extraBackupGB', 'monthlyHours'], apply: applyDatabase },
  { types: ['aws_rds_cluster_instance'], usageKeys: [], apply: applyClusterInstance },
  { types: ['aws_rds_cluster'], usageKeys: [], apply: () => ({ lines: [], unpriced: ['Aurora storage and I/O'] }) },
  {
    types: ['aws_elasticache_replication_group'],
    usageKeys: ['backupGB'],
    apply: (node, context) => cacheNode(node, context, replicationNodes(node)),
  },
  {
    types: ['aws_elasticache_cluster'],
    usageKeys: ['backupGB'],
    // A member of a replication group is counted there.
    apply: (node, context) =>
      text(node.values, 'replication_group_id') !== undefined ||
      context.graph.referenced(node, ['replication_group_id'], 'aws_elasticache_replication_group').length > 0
        ? { lines: [] }
        : cacheNode(node, context, numeric(node.values, 'num_cache_nodes') ?? 1),
  },
  {
    types: ['aws_elasticache_serverless_cache'],
    usageKeys: [],
    apply: () => ({ lines: [], unpriced: ['serverless cache data and processing units'] }),
  },
  { types: ['aws_dynamodb_table'], usageKeys: ['writeUnits', 'readUnits', 'storageGB'], apply: applyTable },
];
