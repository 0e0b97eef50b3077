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
    ...disks
      .filter(({ delete_on_termination: goes }) => !isTrue(goes))
      .map(() => `${address} leaves volumes behind, which cost money and hold what was on the host`),
    ...(metadata?.['instance_metadata_tags'] === 'enabled' ? [`${address} shows tags to whatever runs on the host`] : []),
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
    const ownership = beside(bucket, 'aws_s3_bucket_ownership_controls');
    const [rule] = ownership === undefined ? [] : blocks(ownership.values, 'rule');
    return [
      ...(rule?.['object_ownership'] === 'BucketOwnerEnforced' ? [] : [`${bucket.address} has access lists`]),
      ...(access !== undefined && guards.every((guard) => isTrue(access.values[guard]))
        ? []
        : [`${bucket.address} may become public`]),
      ...(encryption === undefined ? [`${bucket.address} does not say how it is encrypted`] : []),
    ];
  });
}

/** AWS's policies of ciphers that begin with TLS 1.2. */
const modernTls = /^ELBSecurityPolicy-TLS13-1-[23]-/;

/** Listeners that have a certificate and do not use it, or take protocols and ciphers of before TLS 1.2. */
function wrongTls(plan: PlanJson): string[] {
  const listeners = resourcesOf(plan, 'aws_lb_listener')
    .filter(({ values }) => values['certificate_arn'] !== null && values['certificate_arn'] !== undefined)
    .filter(({ values }) => values['protocol'] !== 'HTTPS' || !modernTls.test(String(values['ssl_policy'])))
    .map(({ address, values }) => `${address} speaks ${String(values['protocol'])} by ${String(values['ssl_policy'])}`);
  const names = resourcesOf(plan, 'aws_api_gateway_domain_name')
    .filter(({ values }) => values['security_policy'] !== 'TLS_1_2')
    .map(({ address }) => `${address} takes TLS of before 1.2`);
  return [...listeners, ...names];
}

/** Policies of AWS's that roles may have; anything wider would be a way around the statements that are looked at one by one. */
const managedPolicies = /\/(AmazonSSMManagedInstanceCore|AmazonAPIGatewayPushToCloudWatchLogs)$|^arn:aws:iam::\d{12}:policy\/llm/;

interface Trust {
  Statement: { Principal: Record<string, string | string[]> }[];
}

/** Roles that more than one service may act in, or that are given more than their own statements say. */
function wrongRoles(plan: PlanJson): string[] {
  const trusted = resourcesOf(plan, 'aws_iam_role').flatMap(({ address, values }) => {
    const trust = values['assume_role_policy'];
    if (typeof trust !== 'string' || !trust.startsWith('{')) return [];
    const whom = (JSON.parse(trust) as Trust).Statement.flatMap(({ Principal: principal }) => Object.values(principal).flat());
    return whom.length === 1 && whom[0] !== '*' ? [] : [`${address} trusts ${whom.join(' and ')}`];
  });
  const attached = resourcesOf(plan, 'aws_iam_role_policy_attachment')
    .filter(({ values, unknown }) => unknown['policy_arn'] !== true && !managedPolicies.test(String(values['policy_arn'])))
    .map(({ address, values }) => `${address} gives ${String(values['policy_arn'])}`);
  return [...trusted, ...attached];
}

/** What a distribution lets through besides reading over HTTPS, and headers that it does not set. */
function wrongDistributions(plan: PlanJson): string[] {
  const distributions = resourcesOf(plan, 'aws_cloudfront_distribution').flatMap(({ address, values }) =>
    blocks(values, 'default_cache_behavior').flatMap(({ allowed_methods: methods, viewer_protocol_policy: protocol }) => [
      ...(methods as string[])
        .filter((method) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
        .map((method) => `${address} passes ${method}`),
      ...(protocol === 'redirect-to-https' || protocol === 'https-only' ? [] : [`${address} answers in the clear`]),
    ]),
  );
  const headers = resourcesOf(plan, 'aws_cloudfront_response_headers_policy').flatMap(({ address, values }) =>
    blocks(values, 'security_headers_config').flatMap((config) => {
      const [hsts] = blocks(config, 'strict_transport_security');
      const set = [
        'content_security_policy',
        'content_type_options',
        'frame_options',
        'referrer_policy',
        'strict_transport_security',
      ];
      return [
        ...set
          .filter((name) => blocks(config, name)[0]?.['override'] !== true)
          .map((name) => `${address} does not insist on ${name}`),
        ...(Number(hsts?.['access_control_max_age_sec']) >= 15_768_000 ? [] : [`${address} forgets HTTPS within half a year`]),
      ];
    }),
  );
  return [...distributions, ...headers];
}

/** One flag of a type that must have this value. */
const flags: readonly { type: string; attribute: string; value: unknown; fault: string }[] = [
  { type: 'aws_lb', attribute: 'internal', value: true, fault: 'is public' },
  { type: 'aws_lb', attribute: 'drop_invalid_header_fields', value: true, fault: 'passes malformed headers' },
  {
    type: 'aws_lb',
    attribute: 'desync_mitigation_mode',
    value: 'defensive',
    fault: 'passes requests that two may read differently',
  },
  {
    type: 'aws_ecr_repository',
    attribute: 'image_tag_mutability',
    value: 'IMMUTABLE',
    fault: 'lets an image change under its tag',
  },
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
  return [
    ...resourcesOf(plan, 'aws_launch_template').flatMap(wrongTemplate),
    ...wrongBuckets(plan),
    ...wrongTls(plan),
    ...wrongRoles(plan),
    ...wrongDistributions(plan),
    ...logs,
    ...flagged,
  ];
}
