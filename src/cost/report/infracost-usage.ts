import { stringify } from 'yaml';
import type { Forecast } from '../forecast.ts';
import { approximateMicro } from '../money.ts';

/** Our usage by price id → the key of Infracost's usage file, by resource type. Only what both know. */
const keys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_nat_gateway: { 'nat.gb': 'monthly_data_processed_gb' },
  aws_lb: { 'alb.lcu': 'processed_bytes_gb', 'nlb.lcu': 'processed_bytes_gb' },
  aws_api_gateway_rest_api: { 'apigw.rest.requests': 'monthly_requests' },
  aws_apigatewayv2_api: { 'apigw.http.requests': 'monthly_requests' },
  aws_wafv2_web_acl: { 'waf.requests': 'monthly_requests' },
  aws_cloudwatch_log_group: {
    'cw.logs.ingest': 'monthly_data_ingested_gb',
    'cw.logs.storage': 'storage_gb',
    'cw.logs.insights': 'monthly_data_scanned_gb',
  },
  aws_vpc_endpoint: { 'vpce.gb': 'monthly_data_processed_gb' },
  aws_lambda_function: { 'lambda.requests': 'monthly_requests' },
  aws_ecr_repository: { 'ecr.gb': 'storage_gb' },
  aws_secretsmanager_secret: { 'secrets.api': 'monthly_requests' },
  aws_sns_topic: { 'sns.requests': 'monthly_requests' },
  aws_sqs_queue: { 'sqs.standard': 'monthly_requests', 'sqs.fifo': 'monthly_requests' },
  aws_dynamodb_table: {
    'ddb.wru': 'monthly_write_request_units',
    'ddb.rru': 'monthly_read_request_units',
    'ddb.gb': 'storage_gb',
  },
};

/** Infracost's usage file (version 0.1) with the typical quantities of our forecast, so that its second opinion sees the same traffic. */
export function renderInfracostUsage(forecast: Forecast): string {
  const usage: Record<string, Record<string, number | string>> = {};
  for (const resource of forecast.resources) {
    const known = keys[resource.type] ?? {};
    const entries = resource.lines.flatMap((line) => {
      const key = known[line.priceId];
      return key === undefined || line.quantity === null ? [] : [[key, approximateMicro(line.quantity.typical)] as const];
    });
    if (entries.length > 0) usage[resource.address] = Object.fromEntries(entries);
  }
  const transfer = forecast.resources.find((resource) => resource.type === 'data-transfer');
  const quantity = (priceId: string): number =>
    approximateMicro(transfer?.lines.find((line) => line.priceId === priceId)?.quantity?.typical ?? 0n);
  if (transfer?.region !== undefined) {
    // Infracost counts a GB between zones once and bills both directions itself.
    usage['aws_data_transfer.sluice'] = {
      region: transfer.region,
      monthly_outbound_internet_gb: quantity('dto.internet'),
      monthly_intra_region_gb: quantity('dto.interaz') / 2,
    };
  }
  return stringify({ version: '0.1', resource_usage: usage });
}
