import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Aws } from '../../../src/deploy/aws/clients.ts';
import type { Edge } from '../../../src/deploy/doctor/edge/edge.ts';

const apiId = 'a1b2c3';
const albArn = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/llm-dev-gpu-alb/0123456789abcdef';
const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm-dev-gpu-api/00000000-0000-0000-0000-000000000000';
const paths = ['/v1/completions', '/v1/chat/completions'];

const noSuchKey = '<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>';

const identity =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** Answers like the services that the doctor asks, as far as it asks them; what they say can be changed. */
export class AwsStandIn {
  integration: Record<string, unknown> = {};
  guardedBy: string | null = webAclArn;
  vpcLinkStatus = 'AVAILABLE';
  /** Sizes of the fleet. */
  fleet = { MinSize: 1, DesiredCapacity: 2 };
  /** Every change of the sizes. */
  readonly resized: string[] = [];
  onResize: (desired: number) => void = () => undefined;
  /** Whether the fleet can only shrink. */
  refusesHosts = false;
  /** Outputs in the state of dev; null: there is no state. */
  outputs: Record<string, string> | null = null;
  readonly #server: Server;
  #aws: Aws | undefined;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<AwsStandIn> {
    const standIn = new AwsStandIn();
    standIn.#server.listen(0, '127.0.0.1');
    await once(standIn.#server, 'listening');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) process.env[name] ??= 'stand-in';
    standIn.#aws = new Aws({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${(standIn.#server.address() as AddressInfo).port}`,
    });
    standIn.reset();
    return standIn;
  }

  get aws(): Aws {
    return this.#aws!;
  }

  get edge(): Edge {
    return { aws: this.aws, apiEndpoint: '', apiId, albArn, vpcLinkId: 'vl1', webAclArn };
  }

  reset(): void {
    this.integration = {
      responseTransferMode: 'STREAM',
      integrationTarget: albArn,
      timeoutInMillis: 900_000,
      type: 'HTTP_PROXY',
    };
    this.guardedBy = webAclArn;
    this.vpcLinkStatus = 'AVAILABLE';
    this.fleet = { MinSize: 1, DesiredCapacity: 2 };
    this.resized.length = 0;
    this.onResize = () => undefined;
    this.outputs = null;
    this.refusesHosts = false;
  }

  /** Where commands reach it. */
  get variables(): Record<string, string> {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'stand-in', AWS_SECRET_ACCESS_KEY: 'stand-in' };
  }

  /** A state whose outputs name this edge. */
  deploy(apiEndpoint: string): void {
    this.outputs = {
      api_endpoint: `${apiEndpoint}/`,
      api_id: apiId,
      alb_arn: albArn,
      vpc_link_id: 'vl1',
      web_acl_arn: webAclArn,
    };
  }

  close(): void {
    this.#aws?.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const answer = this.#answer(request.url ?? '', String(request.headers['x-amz-target'] ?? ''), new URLSearchParams(body));
    const isXml = typeof answer === 'string';
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': isXml ? 'text/xml' : 'application/x-amz-json-1.1' });
    if (answer === undefined && request.url?.startsWith('/llm-state-') === true) return void response.end(noSuchKey);
    response.end(isXml ? answer : JSON.stringify(answer ?? { message: `no stand-in for ${request.method} ${request.url}` }));
  }

  #answer(url: string, target: string, query: URLSearchParams): object | string | undefined {
    if (target.endsWith('GetWebACLForResource')) {
      return this.guardedBy === null ? {} : { WebACL: { ARN: this.guardedBy, Name: 'x', Id: 'x', DefaultAction: { Allow: {} } } };
    }
    if (url.includes('/integration')) return this.integration;
    if (url.startsWith(`/restapis/${apiId}/resources`)) {
      const resources = paths.map((path, index) => ({ id: `r${index}`, path, resourceMethods: { POST: {}, OPTIONS: {} } }));
      return { item: [...resources, { id: 'r9', path: '/health', resourceMethods: { GET: {} } }] };
    }
    if (url.startsWith(`/restapis/${apiId}/stages`)) return { item: [{ stageName: 'dev' }] };
    if (url.startsWith('/v2/vpclinks/')) return { vpcLinkId: 'vl1', vpcLinkStatus: this.vpcLinkStatus, name: 'x' };
    if (query.get('Action') === 'GetCallerIdentity') return identity;
    if (url.startsWith('/llm-state-') && this.outputs !== null) {
      return { outputs: Object.fromEntries(Object.entries(this.outputs).map(([name, value]) => [name, { value }])) };
    }
    if (query.get('Action') === 'DescribeAutoScalingGroups') return this.#describeFleet();
    if (query.get('Action') === 'UpdateAutoScalingGroup') return this.#resize(query);
    return undefined;
  }

  #describeFleet(): string {
    const { MinSize, DesiredCapacity } = this.fleet;
    const member = `<member><AutoScalingGroupName>llm-dev-gpu-fleet</AutoScalingGroupName><MinSize>${MinSize}</MinSize><DesiredCapacity>${DesiredCapacity}</DesiredCapacity></member>`;
    return `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups>${member}</AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;
  }

  #resize(query: URLSearchParams): string | undefined {
    const desired = Number(query.get('DesiredCapacity'));
    if (desired > 0 && this.refusesHosts) return undefined;
    this.fleet = { MinSize: Number(query.get('MinSize')), DesiredCapacity: desired };
    this.resized.push(`${query.get('AutoScalingGroupName')} ${query.get('MinSize')} ${desired}`);
    this.onResize(desired);
    return '<UpdateAutoScalingGroupResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><ResponseMetadata/></UpdateAutoScalingGroupResponse>';
  }
}
