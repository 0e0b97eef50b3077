import { gatewayConfigOf, gpuHosts, hostFilesOf, standbyHosts, type HostFiles } from './host-files.ts';
import type { Variables } from './generated-plans.ts';
import { resourcesOf, type PlanJson } from './plan.ts';

type Agreed = [what: string, one: unknown, other: unknown];

interface Document {
  paths: Record<string, { post?: { 'x-amazon-apigateway-integration': { requestParameters?: Record<string, string> } } }>;
}

/** The headers that the API writes from what it knows itself: no caller can choose them. */
function headersOf(plan: PlanJson): Map<string, string> {
  const [api] = resourcesOf(plan, 'aws_api_gateway_rest_api');
  const { paths } = JSON.parse(String(api?.values['body'])) as Document;
  const [post] = Object.values(paths).flatMap(({ post: operation }) => operation ?? []);
  const parameters = Object.entries(post?.['x-amazon-apigateway-integration'].requestParameters ?? {});
  return new Map(parameters.map(([name, value]) => [name.split('.').at(-1) ?? '', value]));
}

/** What the gateway is configured with is what stands around it: the API in front, the engine behind, and the files of the host. */
function aroundTheGateway(plan: PlanJson, host: HostFiles, asked: Variables): Agreed[] {
  const config = gatewayConfigOf(host);
  const script = (name: string) => host.files.get(`/opt/llm/bin/${name}`) ?? '';
  const found = (text: string, pattern: RegExp) => pattern.exec(text)?.[1];
  const [stage] = resourcesOf(plan, 'aws_api_gateway_stage');
  const [model] = config.models ?? [];
  const [backend] = model?.backends ?? [];
  const engine = script('llm-engine');
  return [
    [
      'the header by which callers are told apart comes from the API',
      headersOf(plan).get(config.server.clientAddressHeader ?? ''),
      'context.identity.sourceIp',
    ],
    ["what is cut off paths is the API's stage", config.server.pathPrefix, `/${String(stage?.values['stage_name'])}`],
    [
      'the file of figures is the one that is written',
      config.gpuProbe?.path,
      `/${found(script('llm-gpu-probe'), /^file="\$root\/(.*)"$/m)}`,
    ],
    [
      'the file of keys is the one that is written',
      config.keysFile,
      asked['api_key_required'] === true ? `/${found(script('llm-keys'), /^file="\$root\/(.*)"$/m)}` : undefined,
    ],
    [
      "the engine is asked by its container's name and port",
      backend?.baseUrl,
      `http://${found(engine, /^run_container (\w+) /m)}:${found(engine, /--port (\d+)/)}/v1`,
    ],
    ['the engine is asked for the model that it serves', backend?.model, model?.name],
    ['callers may use the name that the model has on its hub', model?.aliases?.join(' '), host.variables['LLM_MODEL_NAME']],
    ['prompts become conversations, as the model was trained on', model?.promptFormat, 'chat'],
    [
      'prompts that are too long are refused before the engine',
      String(model?.contextTokens),
      host.variables['LLM_MAX_MODEL_LEN'],
    ],
    ['callers are limited one by one', String(config.limits?.ip?.requestsPerMinute), host.variables['LLM_RATE_LIMIT_PER_IP']],
  ];
}

/** Units that would do their work again and again, or never again after the host started anew. */
function wrongUnits(address: string, { files }: HostFiles): string[] {
  const units = [...files].flatMap(([path, text]) => {
    const [, name] = /^\/etc\/systemd\/system\/(.*)$/.exec(path) ?? [];
    return name === undefined ? [] : [{ name, text }];
  });
  const timed = new Set(units.filter(({ name }) => name.endsWith('.timer')).map(({ name }) => name.replace(/timer$/, 'service')));
  return units.flatMap(({ name, text }) => {
    const isOnce = /^Type=oneshot$/m.test(text) && !timed.has(name);
    const scripts = [...text.matchAll(/^Exec(?:Start|Stop)=-?(\/opt\/llm\/bin\/\S+)/gm)].map(([, path = '']) => path);
    const docker = /\b(docker (create|pull|stop)|run_container|ensure_image)\b/.test(
      scripts.map((path) => files.get(path) ?? '').join('\n'),
    );
    return [
      // A unit that wants it would run it again when it starts again: staging forgets what it staged.
      ...(isOnce && !/^RemainAfterExit=yes$/m.test(text) ? [`${address}: ${name} does not stay done`] : []),
      ...scripts
        .filter((path) => !files.has(path))
        .map((path) => `${address}: ${name} runs ${path}, which the host does not have`),
      ...(docker && !/^After=.*\bdocker\.service\b/m.test(text) ? [`${address}: ${name} does not wait for Docker`] : []),
    ];
  });
}

/** What is started at the end of user data starts again with the host. */
function notEnabled(address: string, { files }: HostFiles, units: readonly string[]): string[] {
  return units
    .filter((unit) => !/^\[Install\]\nWantedBy=multi-user\.target$/m.test(files.get(`/etc/systemd/system/${unit}`) ?? ''))
    .map((unit) => `${address}: ${unit} does not start with the host`);
}

/** What is wrong with how hosts are put together. The plan must be a mocked one, which knows user data and the API's document. */
export function wrongHosts(plan: PlanJson, asked: Variables): string[] {
  const fleet = hostFilesOf(plan, gpuHosts);
  const standby = asked['enable_standby_responder'] === false ? undefined : hostFilesOf(plan, standbyHosts);
  return [
    ...aroundTheGateway(plan, fleet, asked)
      .filter(([, one, other]) => one !== other)
      .map(([what, one, other]) => `not so: ${what} (${String(one)}, ${String(other)})`),
    ...wrongUnits(gpuHosts, fleet),
    ...notEnabled(gpuHosts, fleet, ['llm.target']),
    ...(standby === undefined
      ? []
      : [...wrongUnits(standbyHosts, standby), ...notEnabled(standbyHosts, standby, ['llm-standby.service'])]),
  ];
}
