import type { ServiceName } from './clients.ts';

/** What IAM calls a service, where its package is called otherwise. */
const prefixes: Partial<Record<ServiceName, string>> = {
  'auto-scaling': 'autoscaling',
  'cloudwatch-logs': 'logs',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'secrets-manager': 'secretsmanager',
  'service-quotas': 'servicequotas',
};

/** Operations of S3 whose permission is called otherwise (Service Authorization Reference, Amazon S3). */
const s3Actions: Record<string, string> = {
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
};

/** The permission that an operation needs, as IAM writes it: `ec2:DescribeVpcs`. */
export function actionOf(service: ServiceName, commandName: string): string {
  const operation = commandName.replace(/Command$/, '');
  // API Gateway's permissions are the methods of HTTP; we only read.
  if (service === 'api-gateway' || service === 'apigatewayv2') return 'apigateway:GET';
  return (service === 's3' ? s3Actions[operation] : undefined) ?? `${prefixes[service] ?? service}:${operation}`;
}
