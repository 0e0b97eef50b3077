import type { ResourceNode } from '../plan/graph.ts';
import { isTrue, text } from '../plan/values.ts';
import { range, times } from '../range.ts';
import { fixedLine, usageLine, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

const apiTypes = ['aws_api_gateway_rest_api', 'aws_apigatewayv2_api'];
/** An HTTP API bills each started 512 KB of a request or its answer as one request (API Gateway price page). */
const httpIncrementKB = 512;

function applyRest(node: ResourceNode, context: RuleContext): RuleOutcome {
  const requests = usageLine(node, context, {
    component: 'REST API requests',
    category: 'api-gateway',
    priceId: 'apigw.rest.requests',
    unit: 'request',
    key: 'requests',
    derived: context.workload.shareOf(context.workload.requests, apiTypes),
    derivedBasis: 'traffic.requests',
  });
  return { lines: [requests] };
}

function applyHttp(node: ResourceNode, context: RuleContext): RuleOutcome {
  if (text(node.values, 'protocol_type') === 'WEBSOCKET')
    return { lines: [], unpriced: ['WebSocket messages and connection minutes'] };
  const { responseKB, streamingKB, streamingShare } = context.workload.profile.traffic;
  const increments = Math.max(
    1,
    Math.ceil(Math.max(streamingShare < 1 ? responseKB : 0, streamingShare > 0 ? streamingKB : 0) / httpIncrementKB),
  );
  const requests = usageLine(node, context, {
    component: 'HTTP API requests',
    category: 'api-gateway',
    priceId: 'apigw.http.requests',
    unit: 'request',
    key: 'requests',
    derived: times(context.workload.shareOf(context.workload.requests, apiTypes), range(increments)),
    derivedBasis: `traffic.requests × ${increments} increments of 512 KB`,
  });
  return { lines: [requests] };
}

/** API Gateway: REST and HTTP APIs, stage caches. */
export const apiGatewayRules: Rule[] = [
  { types: ['aws_api_gateway_rest_api'], usageKeys: ['requests'], apply: applyRest },
  { types: ['aws_apigatewayv2_api'], usageKeys: ['requests'], apply: applyHttp },
  {
    types: ['aws_api_gateway_stage'],
    usageKeys: [],
    apply(node, context) {
      const size = text(node.values, 'cache_cluster_size');
      if (!isTrue(node.values, 'cache_cluster_enabled')) return { lines: [] };
      if (size === undefined) return { lines: [], unpriced: ['its cache: the size is not known before apply'] };
      const line = fixedLine({
        component: `${size} GB cache`,
        category: 'api-gateway',
        priceId: `apigw.cache.${size}`,
        unit: 'hour',
        quantity: context.workload.hours,
        basis: '730 h',
      });
      return { lines: [line] };
    },
  },
];
