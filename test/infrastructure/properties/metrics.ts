import { EmfMetrics } from '../../../src/telemetry/emf.ts';
import { newRecord } from '../../../src/telemetry/record.ts';
import { gatewayConfigOf, gpuHosts, hostFilesOf, type HostFiles } from './host-files.ts';
import { blocks, resourcesOf, type PlanJson } from './plan.ts';

/** A metric as CloudWatch tells it apart from others: all of this must be the same, or there is no data. */
interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

const keyOf = ({ namespace, name, dimensions }: Metric): string =>
  [
    namespace,
    name,
    ...Object.entries(dimensions)
      .map(([key, value]) => `${key}=${value}`)
      .toSorted(),
  ].join(' ');

interface EmfLine {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [dimension: string]: unknown;
}

/** What the gateway writes of a streamed request, with the settings of its host. */
function ofGateway(host: HostFiles): Metric[] {
  const { metrics } = gatewayConfigOf(host);
  if (metrics?.emf === undefined) return [];
  const emf = new EmfMetrics(() => 1000);
  const route = '/v1/chat/completions';
  const inference = { ...newRecord('chat'), attempts: 1, isStreaming: true, firstByteMs: 1 };
  emf.observe({ requestId: 'r', method: 'POST', path: route, route, status: 200, durationMs: 1, errorCode: null, inference });
  return emf.take(metrics.emf, { queueDepth: 0, inFlight: 0, isEngineReady: true }, 0).flatMap((line) => {
    const told = JSON.parse(line) as EmfLine;
    return told._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metricsOfLine }) =>
      sets.flatMap((set) =>
        metricsOfLine.map(({ Name: name }) => ({
          namespace,
          name,
          dimensions: Object.fromEntries(set.map((key) => [key, String(told[key])])),
        })),
      ),
    );
  });
}

interface AgentConfig {
  agent: { metrics_collection_interval: number };
  metrics: {
    namespace: string;
    aggregation_dimensions?: string[][];
    metrics_collected: Record<string, { measurement: { rename: string }[]; append_dimensions?: Record<string, string> }>;
  };
}

/** What the CloudWatch agent sends, summed up over instances: with its own dimensions only that sum has a name that an alarm can know. */
function ofAgent({ files, variables }: HostFiles): Metric[] {
  const text = files.get('/etc/llm/cloudwatch-agent.json') ?? '{}';
  const config = JSON.parse(text.replaceAll(/@(\w+)@/g, (_, name: string) => variables[name] ?? '')) as AgentConfig;
  const { namespace, aggregation_dimensions: sets = [], metrics_collected: sections } = config.metrics;
  return Object.values(sections).flatMap(({ measurement, append_dimensions: own = {} }) =>
    sets.flatMap((set) =>
      measurement.map(({ rename }) => ({
        namespace,
        name: rename,
        dimensions: Object.fromEntries(set.map((key) => [key, own[key] ?? ''])),
      })),
    ),
  );
}

const text = (value: unknown): string => String(value);

/** What AWS's services send of resources in the plan, by their documentation of metrics. */
function ofAws(plan: PlanJson, region: string): Metric[] {
  const each = (type: string) => resourcesOf(plan, type).map(({ values }) => values);
  const groups = each('aws_autoscaling_group').flatMap((group) =>
    ((group['enabled_metrics'] ?? []) as string[]).map((name) => ({
      namespace: 'AWS/AutoScaling',
      name,
      dimensions: { AutoScalingGroupName: text(group['name']) },
    })),
  );
  const hosts = each('aws_lb').flatMap((balancer) =>
    each('aws_lb_target_group').map((target) => ({
      namespace: 'AWS/ApplicationELB',
      name: 'HealthyHostCount',
      dimensions: { LoadBalancer: text(balancer['arn_suffix']), TargetGroup: text(target['arn_suffix']) },
    })),
  );
  const stages = each('aws_api_gateway_rest_api').flatMap((api) =>
    each('aws_api_gateway_stage').flatMap((stage) =>
      ['4XXError', '5XXError', 'Count', 'Latency', 'IntegrationLatency'].map((name) => ({
        namespace: 'AWS/ApiGateway',
        name,
        dimensions: { ApiName: text(api['name']), Stage: text(stage['stage_name']) },
      })),
    ),
  );
  // By the name of its metrics, not its own, and only while they are on.
  const firewalls = each('aws_wafv2_web_acl')
    .flatMap((acl) => blocks(acl, 'visibility_config'))
    .filter(({ cloudwatch_metrics_enabled: isOn }) => isOn === true)
    .map(({ metric_name: name }) => ({
      namespace: 'AWS/WAFV2',
      name: 'BlockedRequests',
      dimensions: { WebACL: text(name), Region: region, Rule: 'ALL' },
    }));
  return [...groups, ...hosts, ...stages, ...firewalls];
}

type Reader = [who: string, metric: Metric];

const metricOf = (values: Record<string, unknown>): Metric => ({
  namespace: text(values['namespace']),
  name: text(values['metric_name']),
  dimensions: (values['dimensions'] ?? {}) as Record<string, string>,
});

function ofAlarms(plan: PlanJson): Reader[] {
  return resourcesOf(plan, 'aws_cloudwatch_metric_alarm').flatMap(({ address, values }) => {
    const queries = blocks(values, 'metric_query').flatMap((query) => blocks(query, 'metric'));
    return (queries.length > 0 ? queries : [values]).map((query): Reader => [address, metricOf(query)]);
  });
}

/** A line of a graph is `[namespace, name, dimension, value, …, options]`; one of an expression begins with its options. */
function ofGraphs(plan: PlanJson): Reader[] {
  return resourcesOf(plan, 'aws_cloudwatch_dashboard').flatMap(({ address, values }) => {
    const { widgets } = JSON.parse(text(values['dashboard_body'])) as {
      widgets: { properties: { title: string; metrics?: unknown[][] } }[];
    };
    return widgets.flatMap(({ properties: { title, metrics = [] } }) =>
      metrics
        .map((line) => line.filter((cell) => typeof cell === 'string'))
        .filter((line) => line.length > 0)
        .map(([namespace = '', name = '', ...rest]): Reader => {
          const pairs = rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1]] as const] : []));
          return [`${address} ${title}`, { namespace, name, dimensions: Object.fromEntries(pairs) as Record<string, string> }];
        }),
    );
  });
}

/**
 * Alarms and graphs that look at a metric which nobody sends: under exactly this name, namespace and these dimensions. Such an alarm never
 * changes, or always stands. The plan must know user data and the dashboard, as a mocked one does.
 */
export function unheardMetrics(plan: PlanJson, region: string): string[] {
  const host = hostFilesOf(plan, gpuHosts);
  const sent = new Set([...ofGateway(host), ...ofAgent(host), ...ofAws(plan, region)].map(keyOf));
  const readers = [...ofAlarms(plan), ...ofGraphs(plan)];
  if (readers.length === 0) return ['nothing is watched'];
  return readers
    .filter(([, metric]) => !sent.has(keyOf(metric)))
    .map(([who, metric]) => `${who} looks at ${keyOf(metric)}, which nobody sends`);
}
