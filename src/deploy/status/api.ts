import type { RestApi } from '@aws-sdk/client-api-gateway';
import { TransportError } from '../../transport/transport-error.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';
import type { Target } from '../target.ts';

/** The REST API of a deployment, and the link by which it reaches the load balancer. */
export interface ApiStatus {
  id: string;
  endpoint: string;
  /** Null: the stage is missing. */
  stage: { name: string; deployedAtMs: number } | null;
  link: { name: string; status: string; message: string } | null;
}

/** What the endpoint answers. */
export interface HealthStatus {
  /** 0: no answer. */
  status: number;
  elapsedMs: number;
  /** The field `status` and, unless it is healthy, what else is told; or why there is no answer. */
  told: string;
}

/** Finds the API by its name; null: there is none. */
export async function apiStatus(aws: Aws, target: Target): Promise<ApiStatus | null> {
  const api = await findApi(aws, target.prefix);
  if (api?.id === undefined) return null;
  const [stage, link] = await Promise.all([findStage(aws, api.id, target.environment), findLink(aws, target.prefix)]);
  return {
    id: api.id,
    endpoint: `https://${api.id}.execute-api.${target.region}.amazonaws.com/${target.environment}`,
    stage,
    link,
  };
}

/** Asks `/health` once. Never rejects for what the endpoint does. */
export async function endpointHealth(transport: Transport, endpoint: string, now: () => number): Promise<HealthStatus> {
  const startedMs = now();
  const request = {
    method: 'GET' as const,
    url: `${endpoint.replace(/\/$/, '')}/health`,
    headers: { accept: 'application/json' },
    body: null,
  };
  try {
    const { status, body } = await transport.collect(request, { timeoutMs: 10_000, limitBytes: 65_536 }).answer;
    return { status, elapsedMs: now() - startedMs, told: wordsOf(body.toString('utf8')) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { status: 0, elapsedMs: now() - startedMs, told: error.message };
  }
}

function wordsOf(body: string): string {
  try {
    const { status, detail, message, error } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : error;
    return [status, detail, message, inner].filter((text) => typeof text === 'string').join(', ');
  } catch {
    return body.slice(0, 100);
  }
}

async function findApi(aws: Aws, name: string): Promise<RestApi | undefined> {
  const client = await aws.client('api-gateway');
  let position: string | undefined;
  do {
    const page = await client.getRestApis({ limit: 500, position });
    const found = page.items?.find((api) => api.name === name);
    if (found !== undefined) return found;
    position = page.position;
  } while (position !== undefined);
  return undefined;
}

async function findStage(aws: Aws, restApiId: string, stageName: string): Promise<ApiStatus['stage']> {
  try {
    const { lastUpdatedDate, createdDate } = await (await aws.client('api-gateway')).getStage({ restApiId, stageName });
    return { name: stageName, deployedAtMs: (lastUpdatedDate ?? createdDate)?.getTime() ?? 0 };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function findLink(aws: Aws, prefix: string): Promise<ApiStatus['link']> {
  const { Items = [] } = await (await aws.client('apigatewayv2')).getVpcLinks({ MaxResults: '100' });
  // One that is being replaced may still be there: the newest counts.
  const [link] = Items.filter(({ Name }) => Name?.startsWith(`${prefix}-`) === true).sort(
    (one, other) => (other.CreatedDate?.getTime() ?? 0) - (one.CreatedDate?.getTime() ?? 0),
  );
  if (link === undefined) return null;
  return { name: link.Name ?? '', status: link.VpcLinkStatus ?? 'UNKNOWN', message: link.VpcLinkStatusMessage ?? '' };
}
