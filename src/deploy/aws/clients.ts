import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ACM } from '@aws-sdk/client-acm';
import type { APIGateway } from '@aws-sdk/client-api-gateway';
import type { ApiGatewayV2 } from '@aws-sdk/client-apigatewayv2';
import type { AutoScaling } from '@aws-sdk/client-auto-scaling';
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeBuild } from '@aws-sdk/client-codebuild';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { EC2 } from '@aws-sdk/client-ec2';
import type { ECR } from '@aws-sdk/client-ecr';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAM } from '@aws-sdk/client-iam';
import type { S3 } from '@aws-sdk/client-s3';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { SSM } from '@aws-sdk/client-ssm';
import type { STS } from '@aws-sdk/client-sts';
import type { WAFV2 } from '@aws-sdk/client-wafv2';
import { GatewayError } from '../../errors.ts';
import { noAddress, proxyAddress, thisMachine, type Proxies } from '../../transport/proxies.ts';
import { actionOf } from './action-of.ts';

/** Every AWS service that the commands speak to, by the package `@aws-sdk/client-…` that its client is loaded from. */
interface Services {
  acm: ACM;
  'api-gateway': APIGateway;
  apigatewayv2: ApiGatewayV2;
  'auto-scaling': AutoScaling;
  'cloudwatch-logs': CloudWatchLogs;
  codebuild: CodeBuild;
  dynamodb: DynamoDB;
  ec2: EC2;
  ecr: ECR;
  'elastic-load-balancing-v2': ElasticLoadBalancingV2;
  iam: IAM;
  s3: S3;
  'secrets-manager': SecretsManager;
  'service-quotas': ServiceQuotas;
  ssm: SSM;
  sts: STS;
  wafv2: WAFV2;
}

/** A service's name as its package has it. */
export type ServiceName = keyof Services;

export interface AwsOptions {
  region: string;
  /** Where every service is reached; default: what AWS_ENDPOINT_URL and its like say, else AWS. */
  endpoint?: string | undefined;
  /** Whether buckets are named in the path: another endpoint than AWS's has no host name for each. Default: with `endpoint`. */
  usesPathStyle?: boolean;
  /** How the network is left; default: directly. The clients themselves heed no such variables. */
  proxies?: Proxies;
}

const limits = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

function wayOut(proxies: Proxies | undefined): object {
  if (proxies === undefined || (proxies.http === '' && proxies.https === '')) return { requestHandler: limits };
  const [http, https] = [proxyAddress(proxies.http), proxyAddress(proxies.https)];
  if (https === undefined) throw new GatewayError('bad_request', noAddress('https'));
  if (http === undefined) throw new GatewayError('bad_request', noAddress('http'));
  const proxyEnv = { HTTP_PROXY: http, HTTPS_PROXY: https, NO_PROXY: `${thisMachine},${proxies.no}` };
  const options = { keepAlive: true, maxSockets: 50, proxyEnv };
  const requestHandler = { ...limits, httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
  // What fetches credentials, such as single sign-on, is a client of its own, and must leave by the same way.
  return { requestHandler, clientConfig: { requestHandler } };
}

/** Clients of AWS services, each loaded and made when it is first asked for. Credentials are found as AWS's own tools find them. */
export class Aws {
  readonly region: string;
  readonly #options: AwsOptions;
  readonly #clients = new Map<ServiceName, Promise<unknown>>();
  readonly #made: { destroy(): void }[] = [];

  constructor(options: AwsOptions) {
    this.region = options.region;
    this.#options = options;
  }

  /** @throws GatewayError: the package is not installed */
  client<Name extends ServiceName>(name: Name): Promise<Services[Name]> {
    const client = this.#clients.get(name) ?? this.#make(name);
    this.#clients.set(name, client);
    return client as Promise<Services[Name]>;
  }

  /** The same services in another region: certificates of CloudFront lie in us-east-1. */
  inRegion(region: string): Aws {
    return region === this.region ? this : new Aws({ ...this.#options, region });
  }

  close(): void {
    for (const client of this.#made) client.destroy();
  }

  async #make(name: ServiceName): Promise<unknown> {
    const { region, endpoint, usesPathStyle = endpoint !== undefined } = this.#options;
    const base = { region, maxAttempts: 3, ...wayOut(this.#options.proxies), ...(endpoint === undefined ? {} : { endpoint }) };
    const options = name === 's3' ? { ...base, forcePathStyle: usesPathStyle } : base;
    const Client = await load(name);
    const client = new Client(options);
    client.middlewareStack.add(
      (next, context) => async (input) => {
        try {
          return await next(input);
        } catch (error) {
          const isPlain = typeof error === 'object' && error !== null && Object.isExtensible(error);
          if (isPlain) Object.assign(error, { awsAction: actionOf(name, context.commandName ?? '') });
          throw error;
        }
      },
      { step: 'initialize', name: 'nameAction', priority: 'high' },
    );
    this.#made.push(client);
    return client;
  }
}

type NextStep = (input: object) => Promise<unknown>;

/** As much of a client as is needed to make one. */
interface AnyClient {
  middlewareStack: {
    add(middleware: (next: NextStep, context: { commandName?: string }) => NextStep, options: object): void;
  };
  destroy(): void;
}

type ClientClass = new (options: object) => AnyClient;

async function load(name: ServiceName): Promise<ClientClass> {
  try {
    return (await loaders[name]()) as unknown as ClientClass;
  } catch (cause) {
    throw new GatewayError(
      'not_found',
      `the package @aws-sdk/client-${name} is not installed: commands that speak to AWS need the optional packages. Install without --omit=optional`,
      { cause },
    );
  }
}

const loaders: Record<ServiceName, () => Promise<unknown>> = {
  acm: async () => (await import('@aws-sdk/client-acm')).ACM,
  'api-gateway': async () => (await import('@aws-sdk/client-api-gateway')).APIGateway,
  apigatewayv2: async () => (await import('@aws-sdk/client-apigatewayv2')).ApiGatewayV2,
  'auto-scaling': async () => (await import('@aws-sdk/client-auto-scaling')).AutoScaling,
  'cloudwatch-logs': async () => (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs,
  codebuild: async () => (await import('@aws-sdk/client-codebuild')).CodeBuild,
  dynamodb: async () => (await import('@aws-sdk/client-dynamodb')).DynamoDB,
  ec2: async () => (await import('@aws-sdk/client-ec2')).EC2,
  ecr: async () => (await import('@aws-sdk/client-ecr')).ECR,
  'elastic-load-balancing-v2': async () => (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2,
  iam: async () => (await import('@aws-sdk/client-iam')).IAM,
  s3: async () => (await import('@aws-sdk/client-s3')).S3,
  'secrets-manager': async () => (await import('@aws-sdk/client-secrets-manager')).SecretsManager,
  'service-quotas': async () => (await import('@aws-sdk/client-service-quotas')).ServiceQuotas,
  ssm: async () => (await import('@aws-sdk/client-ssm')).SSM,
  sts: async () => (await import('@aws-sdk/client-sts')).STS,
  wafv2: async () => (await import('@aws-sdk/client-wafv2')).WAFV2,
};
