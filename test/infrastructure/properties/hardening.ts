import { blocks, configuredResources, resourcesOf, type PlanJson, type Resource } from './plan.ts';

/** Attributes that would write a secret into the state, where the provider has a write-only one for it. */
const writeOnly: Record<string, Record<string, string>> = {
  aws_secretsmanager_secret_version: { secret_string: 'secret_string_wo', secret_binary: 'secret_string_wo' },
  aws_ssm_parameter: { value: 'value_wo' },
  aws_db_instance: { password: 'password_wo' },
  aws_rds_cluster: { master_password: 'master_password_wo' },
  aws_docdb_cluster: { master_password: 'master_password_wo' },
  aws_redshift_cluster: { master_password: 'master_password_wo' },
};

/** Secrets in the configuration that do not go the write-only way. */
export function storedSecrets(plan: PlanJson): string[] {
  return configuredResources(plan).flatMap(({ type, name, expressions }) =>
    Object.entries(writeOnly[type] ?? {})
      .filter(([plain]) => plain in expressions)
      .map(([plain, better]) => `${type}.${name} sets ${plain} and not ${better}`),
  );
}

const isTrue = (value: unknown): boolean => value === true || value === 'true';

function wrongTemplate({ address, values }: Resource): string[] {
  const [metadata] = blocks(values, 'metadata_options');
  const disks = blocks(values, 'block_device_mappings').flatMap((mapping) => blocks(mapping, 'ebs'));
  return [
    ...(metadata?.['http_tokens'] === 'required' ? [] : [`${address} lets hosts ask for credentials without a token (IMDSv1)`]),
    ...(metadata?.['http_put_response_hop_limit'] === 1 ? [] : [`${address} lets containers reach the metadata service`]),
    ...(disks.length > 0 && disks.every(({ encrypted }) => isTrue(encrypted))
      ? []
      : [`${address} has a volume that is not encrypted`]),
    ...blocks(values, 'network_interfaces')
      .filter(({ associate_public_ip_address: isPublic }) => isTrue(isPublic))
      .map(() => `${address} gives hosts public addresses`),
  ];
}

const guards = ['block_public_acls', 'block_public_policy', 'ignore_public_acls', 'restrict_public_buckets'];

/** Buckets are told apart by their modules and names: each has its guards beside it. */
function wrongBuckets(plan: PlanJson): string[] {
  const beside = (bucket: Resource, type: string) =>
    resourcesOf(plan, type).find(({ moduleAddress, name }) => moduleAddress === bucket.moduleAddress && name === bucket.name);
  return resourcesOf(plan, 'aws_s3_bucket').flatMap((bucket) => {
    const access = beside(bucket, 'aws_s3_bucket_public_access_block');
    const encryption = beside(bucket, 'aws_s3_bucket_server_side_encryption_configuration');
    return [
      ...(access !== undefined && guards.every((guard) => isTrue(access.values[guard]))
        ? []
        : [`${bucket.address} may become public`]),
      ...(encryption === undefined ? [`${bucket.address} does not say how it is encrypted`] : []),
    ];
  });
}

/** One flag of a type that must have this value. */
const flags: readonly { type: string; attribute: string; value: unknown; fault: string }[] = [
  { type: 'aws_lb', attribute: 'internal', value: true, fault: 'is public' },
  { type: 'aws_lb', attribute: 'drop_invalid_header_fields', value: true, fault: 'passes malformed headers' },
  { type: 'aws_subnet', attribute: 'map_public_ip_on_launch', value: false, fault: 'gives public addresses' },
  { type: 'aws_ebs_volume', attribute: 'encrypted', value: true, fault: 'is not encrypted' },
  { type: 'aws_db_instance', attribute: 'storage_encrypted', value: true, fault: 'is not encrypted' },
  { type: 'aws_rds_cluster', attribute: 'storage_encrypted', value: true, fault: 'is not encrypted' },
  { type: 'aws_efs_file_system', attribute: 'encrypted', value: true, fault: 'is not encrypted' },
  { type: 'aws_elasticache_replication_group', attribute: 'at_rest_encryption_enabled', value: true, fault: 'is not encrypted' },
  { type: 'aws_kms_key', attribute: 'enable_key_rotation', value: true, fault: 'is not rotated' },
];

/** What a plan leaves open that it must not: credentials, volumes, buckets, logs that are kept for ever, public addresses. */
export function weaknesses(plan: PlanJson): string[] {
  const logs = resourcesOf(plan, 'aws_cloudwatch_log_group')
    .filter(({ values }) => !(Number(values['retention_in_days']) >= 1))
    .map(({ address }) => `${address} keeps its lines for ever`);
  const flagged = flags.flatMap(({ type, attribute, value, fault }) =>
    resourcesOf(plan, type)
      .filter(({ values }) => values[attribute] !== value)
      .map(({ address }) => `${address} ${fault}`),
  );
  return [...resourcesOf(plan, 'aws_launch_template').flatMap(wrongTemplate), ...wrongBuckets(plan), ...logs, ...flagged];
}
