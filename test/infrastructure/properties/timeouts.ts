import { gatewayConfigOf, gpuHosts, hostFilesOf, secondsOf, type HostFiles } from './host-files.ts';
import { blocks, resourcesOf, type PlanJson } from './plan.ts';

type Bound = [what: string, seconds: number];

interface Document {
  paths: Record<string, Record<string, { 'x-amazon-apigateway-integration': { timeoutInMillis?: number } }>>;
}

/** The shortest time that the API leaves a POST. */
function postSeconds(plan: PlanJson): number {
  const [api] = resourcesOf(plan, 'aws_api_gateway_rest_api');
  const { paths } = JSON.parse(String(api?.values['body'])) as Document;
  const posts = Object.values(paths).flatMap(({ post }) => post ?? []);
  return Math.min(...posts.map((post) => (post['x-amazon-apigateway-integration'].timeoutInMillis ?? 0) / 1000));
}

/** A number in a script or a unit, by what stands around it. NaN: it is not there. */
function numberIn({ files }: HostFiles, path: string, pattern: RegExp): number {
  return Number(pattern.exec(files.get(path) ?? '')?.[1] ?? Number.NaN);
}

const minutesOf = (value: unknown): number => Number(/^(\d+)m$/.exec(String(value))?.[1] ?? Number.NaN) * 60;

function bounds(plan: PlanJson): Record<string, Bound> {
  const values = (address: string) => resourcesOf(plan).find((resource) => resource.address === address)?.values ?? {};
  const host = hostFilesOf(plan, gpuHosts);
  const { server } = gatewayConfigOf(host);
  const target = values('module.load_balancer.aws_lb_target_group.this');
  const group = values('module.gpu_fleet.aws_autoscaling_group.this');
  const [health] = blocks(target, 'health_check');
  const [hook] = blocks(group, 'initial_lifecycle_hook');
  const [timeouts] = blocks(group, 'timeouts');
  const unit = (name: string, key: string): Bound => [`${key} of ${name}`, secondsOf(host, name, key)];
  const bin = '/opt/llm/bin';
  return {
    engine: ["the gateway's patience with the engine", Number(host.variables['LLM_REQUEST_TIMEOUT_MS']) / 1000],
    balancer: ['the idle timeout of the load balancer', Number(values('module.load_balancer.aws_lb.this')['idle_timeout'])],
    api: ["the API's time for a POST", postSeconds(plan)],
    keepAlive: ['the time that the gateway keeps an idle connection', Number(server.keepAliveTimeoutMs) / 1000],
    shutdown: ['the time that the gateway takes to end', Number(server.shutdownTimeoutMs) / 1000],
    draining: ['the time that the load balancer lets a host drain', Number(target['deregistration_delay'])],
    stopGateway: [
      'the time that Docker leaves the gateway',
      numberIn(host, '/etc/systemd/system/llm-gateway.service', /docker stop -t (\d+) gateway/),
    ],
    unitGateway: unit('llm-gateway.service', 'TimeoutStopSec'),
    waitForGateway: [
      "the engine's wait for the gateway",
      numberIn(host, `${bin}/llm-engine-stop`, /timeout (\d+) docker wait gateway/),
    ],
    unitEngine: unit('llm-engine.service', 'TimeoutStopSec'),
    ready: ['the time after which a host is given up', numberIn(host, `${bin}/llm-ready`, /^limit_s=(\d+)$/m)],
    unitReady: unit('llm-ready.service', 'TimeoutStartSec'),
    unitStage: unit('llm-stage.service', 'TimeoutStartSec'),
    beats: ['the time between two heartbeats', numberIn(host, `${bin}/llm-ready`, /^ *beat=\$\(\(elapsed \+ (\d+)\)\)$/m)],
    hook: ['the time that the lifecycle hook waits for one', Number(hook?.['heartbeat_timeout'])],
    capacity: ['the time that an apply waits for hosts', minutesOf(group['wait_for_capacity_timeout'])],
    ending: ['the time that a group has to end', minutesOf(timeouts?.['delete'])],
    probe: ["a health check's patience", Number(health?.['timeout'])],
    probes: ['the time between health checks', Number(health?.['interval'])],
    healthy: ['the time to be found healthy', Number(health?.['interval']) * Number(health?.['healthy_threshold'])],
    grace: ['the grace of a host that was let in', Number(group['health_check_grace_period'])],
    unitKeys: unit('llm-keys.service', 'TimeoutStartSec'),
    keys: [
      'the time between two looks at the keys',
      numberIn(host, '/etc/systemd/system/llm-keys.timer', /^OnUnitInactiveSec=(\d+)$/m),
    ],
    minute: ['a minute', 60],
    collected: [
      "the agent's time between samples",
      numberIn(host, '/etc/llm/cloudwatch-agent.json', /"agent": \{ "metrics_collection_interval": (\d+)/),
    ],
  };
}

/** What must be over before what, each with the reason. `<=` where they may be the same. */
const order: readonly [sooner: string, relation: '<' | '<=', later: string, why: string][] = [
  ['engine', '<', 'balancer', "the caller would get the load balancer's 504 instead of the gateway's"],
  ['engine', '<', 'api', "the caller would get API Gateway's 504 instead of the gateway's"],
  ['balancer', '<', 'keepAlive', 'the load balancer would send into connections that the gateway is closing: 502'],
  ['balancer', '<', 'api', 'API Gateway would give up a stream that the load balancer still holds'],
  ['shutdown', '<', 'stopGateway', 'Docker would kill the gateway before it has ended its answers'],
  ['stopGateway', '<', 'unitGateway', 'systemd would kill Docker before it has stopped the gateway'],
  ['shutdown', '<', 'draining', 'the load balancer would cut off what the gateway is still answering'],
  ['shutdown', '<', 'waitForGateway', 'the engine would end before the answers that need it'],
  ['waitForGateway', '<', 'unitEngine', 'systemd would kill the engine before it may stop'],
  ['unitGateway', '<', 'unitEngine', 'the engine would be killed before the gateway'],
  ['ready', '<', 'unitReady', 'systemd would end the wait, and nobody would tell the group'],
  ['ready', '<', 'unitStage', 'systemd would begin staging anew in a host that may still become ready'],
  ['beats', '<', 'hook', 'the hook would end the host without a word in its log'],
  ['ready', '<', 'capacity', 'an apply would give up on a host that is still starting'],
  ['ready', '<', 'ending', 'a group could not be deleted while a host of it starts'],
  ['probe', '<', 'probes', 'a health check would still wait when the next one begins'],
  ['healthy', '<=', 'grace', 'the group would replace a host before it can be found healthy'],
  ['unitKeys', '<', 'keys', 'a look at the keys would still hang when the next one is due'],
  ['keys', '<=', 'minute', 'a key that was taken away would work for longer than is said'],
  ['collected', '<=', 'minute', 'alarms would miss minutes'],
];

/** Times that run out in the wrong order. The plan must know user data and the API's document, as a mocked one does. */
export function wrongTimeouts(plan: PlanJson): string[] {
  const all = bounds(plan);
  return order.flatMap(([sooner, relation, later, why]) => {
    const [[first, short], [second, long]] = [all[sooner] ?? ['', Number.NaN], all[later] ?? ['', Number.NaN]];
    const isRight = relation === '<' ? short < long : short <= long;
    return isRight && short > 0 ? [] : [`${first} (${short} s) is not ${relation} ${second} (${long} s): ${why}`];
  });
}
