import { z } from 'zod';
import { providerNames } from '../providers/index.ts';
import { database, key, limits, price, redis, sharedLimits, spend } from './schema-governance.ts';
import { checkGuardrails, guardrail } from './schema-guardrails.ts';
import {
  addressRange,
  duration,
  headerName,
  headerSecret,
  longestTimer,
  masterKey,
  milliseconds,
  modelName,
} from './schema-values.ts';

/** Value of a dimension in CloudWatch. */
const dimension = z.string().regex(/^[\x21-\x7e][\x20-\x7e]{0,1023}$/, 'must be 1 to 1024 printable ASCII characters');

const server = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on. HOST and --host override it.'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(8000)
      .describe('Port to listen on; 0 takes a free one. PORT and --port override it.'),
    allowedHosts: z
      .array(z.string().regex(/^([^\s:/]+|\[[^\s/]+\])$/, 'must be a host name, without scheme and port'))
      .default([])
      .describe(
        'Host names, besides loopback ones, under which clients may address an open gateway. Guards against DNS rebinding.',
      ),
    maxBodyBytes: z
      .int()
      .min(1024)
      .default(20 * 1024 * 1024)
      .describe('Largest request body; a larger one gets 413.'),
    maxHeaderBytes: z
      .int()
      .min(4096)
      .default(16 * 1024)
      .describe('Largest request head; a larger one gets 431.'),
    requestTimeoutMs: milliseconds(30_000, 'Time within which a whole request must have arrived; else 408.'),
    keepAliveTimeoutMs: milliseconds(
      65_000,
      'How long an idle connection is kept. Keep it above the idle time of a load balancer in front.',
    ),
    shutdownTimeoutMs: milliseconds(25_000, 'How long running requests may go on after SIGTERM.'),
    trustedProxies: z
      .array(addressRange)
      .default([])
      .describe('Addresses of proxies in front, as IP or CIDR. Only from them is X-Forwarded-For believed.'),
    clientAddressHeader: headerName
      .optional()
      .describe(
        'Header that holds the client’s address, e.g. x-client-ip. Believed from trustedProxies; where none are named from everybody, so only for a gateway that nobody but the proxy can reach.',
      ),
    pathPrefix: z
      .string()
      .regex(/^(\/[\w.~-]+)+$/, 'must begin with a slash and not end with one, such as /prod')
      .optional()
      .describe(
        'What a proxy in front puts before each path, e.g. /prod: an Amazon API Gateway hands the name of its stage on to a VPC. Paths without it are taken too.',
      ),
    heartbeatMs: z
      .int()
      .min(0)
      .max(longestTimer)
      .default(15_000)
      .describe('Idle time after which a stream gets a comment, so that proxies keep it open; 0: never. Milliseconds.'),
  })
  .prefault({});

const backend = z.strictObject({
  provider: z.enum(providerNames).describe('Kind of server; `openai` for anything that speaks the OpenAI wire.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine(hasNoExtras, 'must have no user name, query or fragment; keys go into apiKey or headers')
    .optional()
    .describe('With its version path, e.g. http://127.0.0.1:8000/v1.'),
  apiKey: headerSecret.optional().describe('Sent as a bearer token. Write ${NAME} to take it from the environment.'),
  model: z.string().min(1).optional().describe('The upstream’s own name of the model; default: the name here.'),
  headers: z.record(headerName, headerSecret).default({}).describe('Further headers for this upstream.'),
  weight: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe('Share of the traffic among the backends of this model; 0: only when others fail.'),
  timeoutMs: duration.optional().describe('Time to the whole answer, or to the first token of a stream, for this backend.'),
  maxInFlight: z
    .int()
    .min(1)
    .optional()
    .describe('Requests that are sent to it at once; further ones wait, first come, first served. Default: any number.'),
  maxQueue: z
    .int()
    .min(0)
    .optional()
    .describe('Requests that may wait for it; further ones get another backend, a fallback, or 503. Default: any number.'),
  rewrite: z
    .array(z.enum(['id', 'usage', 'finish_reason', 'delta']))
    .optional()
    .describe('What this server gets wrong on the wire and the gateway puts right; each provider has its default.'),
  price: price.optional().describe('What this backend costs, where backends of a model differ; default: the price of the model.'),
  defaults: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Fields that a request to this backend gets where it has none itself, e.g. temperature: 0.2.'),
});

const model = z.strictObject({
  name: modelName.describe('The name that clients send and that answers carry.'),
  aliases: z.array(modelName).default([]).describe('Further names under which clients may ask for it.'),
  timeoutMs: duration
    .optional()
    .describe(
      'Time to the whole answer of a plain request, or to the first token of a stream, all attempts together. Milliseconds.',
    ),
  streamIdleTimeoutMs: milliseconds(60_000, 'Longest pause between two events of a stream.'),
  contextTokens: z
    .int()
    .min(1)
    .optional()
    .describe('Context of the model in tokens. Set it for engines that cut long prompts in silence (Ollama).'),
  maxOutputTokens: z
    .int()
    .min(1)
    .optional()
    .describe('Longest answer in tokens: what a token limit or a budget reserves where a request names no max_tokens.'),
  price: price.optional().describe('What it costs; default: the shipped price table, where it knows the upstream’s model.'),
  limits: sharedLimits.prefault({}),
  promptFormat: z
    .enum(['raw', 'chat'])
    .default('raw')
    .describe('How /v1/completions reaches a chat-tuned model: as raw text, or as a user message through its chat template.'),
  backends: z.array(backend).min(1, 'needs at least one backend').describe('Places that serve it.'),
  fallbacks: z
    .array(z.string())
    .default([])
    .describe('Models that answer instead when every backend of this one fails, in order.'),
  contextFallbacks: z
    .array(z.string())
    .optional()
    .describe('Models that answer instead where prompt and answer do not fit into this one, in order.'),
});

const engine = z
  .strictObject({
    model: z.string().min(1).default('smollm2-135m-instruct').describe('Name from `sluice models`, or path of a GGUF file.'),
    contextTokens: z.int().min(256).default(4096).describe('Tokens that one request may have, prompt and answer together.'),
    parallel: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('Requests that run at once. Memory for context grows with contextTokens × parallel.'),
    threads: z.int().min(0).max(256).default(0).describe('Inference threads; 0: the engine chooses.'),
    maxQueue: z.int().min(0).default(64).describe('Requests that may wait; further ones get 503.'),
    allowDownload: z
      .boolean()
      .default(true)
      .describe('Whether models may be fetched; if not, only the cache and paths are used.'),
  })
  .prefault({});

const routing = z
  .strictObject({
    retries: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe('Further rounds over the backends after all have failed in a way that may pass.'),
    retryDelayMs: milliseconds(200, 'Pause before a further round; doubles each time.'),
    allowedFails: z.int().min(1).default(3).describe('Failures in a row after which a backend is put last for cooldownMs.'),
    cooldownMs: milliseconds(10_000, 'How long a failing backend is put last.'),
    healthIntervalMs: milliseconds(15_000, 'How often each upstream is asked whether it can serve.'),
  })
  .prefault({});

/** The whole configuration. Strict: operators' typing errors are told, never skipped. */
export const configSchema = z
  .strictObject({
    server,
    auth: z.enum(['none']).optional().describe('`none` lets the gateway listen beyond loopback although no key is configured.'),
    cors: z
      .strictObject({
        origins: z
          .array(
            z
              .string()
              .regex(
                /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\s/?#*A-Z]+)$/,
                'must be an origin as browsers send it: scheme, host and port, no path; or * alone, for all',
              ),
          )
          .default([])
          .describe(
            'Origins of web pages that may call the API, e.g. https://demo.example.com; *: any page, which on your own machine is any that you visit.',
          ),
      })
      .prefault({}),
    logging: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error', 'silent'])
          .default('info')
          .describe('Least severe lines that are written.'),
        format: z.enum(['auto', 'json', 'pretty']).default('auto').describe('auto: pretty on a terminal, JSON elsewhere.'),
      })
      .prefault({}),
    routing,
    engine,
    masterKey: masterKey
      .optional()
      .describe(
        'The administrator’s key. With it, or with any key, clients need one. SLUICE_MASTER_KEY and LITELLM_MASTER_KEY override it.',
      ),
    keys: z.array(key).default([]).describe('Keys for people who keep them here instead of in the database.'),
    keysFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A YAML file with a list `keys` like the one here. With it clients need a key, also while it is missing or empty.',
      ),
    limits,
    guardrails: z.array(guardrail).default([]).describe('Checks of requests and answers, in the order in which they run.'),
    gpuProbe: z
      .strictObject({
        path: z
          .string()
          .min(1)
          .describe('A JSON file that a program on the host writes: infrastructure/README.md says what stands in it.'),
        maxAgeMs: milliseconds(30_000, 'Age from which what it says counts for nothing.'),
      })
      .optional()
      .describe('Where /health has its `gpu_memory_used` from.'),
    redis: redis.optional().describe('Counters shared by several gateways. REDIS_URL overrides its url.'),
    database,
    spend,
    metrics: z
      .strictObject({
        auth: z
          .enum(['key', 'none'])
          .default('key')
          .describe('Whether GET /metrics needs an administrator’s key once keys are in use.'),
        emf: z
          .strictObject({
            namespace: z
              .string()
              .regex(/^(?!AWS\/)[\w.\-/#:]{1,255}$/, 'must hold only letters, digits and . - _ / # :, and not begin with AWS/')
              .describe('Name space of the metrics in CloudWatch, e.g. LLMInference.'),
            environment: dimension.describe('Value of the dimension Environment, e.g. prod.'),
            autoScalingGroup: dimension.optional().describe('Value of the dimension AutoScalingGroupName; default: none such.'),
          })
          .optional(),
      })
      .prefault({}),
    compatibility: z
      .strictObject({
        litellmErrors: z.boolean().default(false).describe('Errors in LiteLLM’s form where ours differ on purpose.'),
        litellmModelNames: z
          .boolean()
          .default(false)
          .describe('Answers carry the name that the client asked for, also where it is an alias.'),
        keyHeader: headerName
          .optional()
          .describe(
            'The only header from which keys are read, e.g. x-company-key; default: Authorization and those that LiteLLM knows.',
          ),
        userHeader: headerName
          .optional()
          .describe('Header that names the end user where the body has no `user`, e.g. x-openwebui-user-id.'),
      })
      .prefault({}),
    models: z
      .array(model)
      .min(1, 'needs at least one model')
      .optional()
      .describe('What clients can ask for. Default: the embedded engine’s model.'),
  })
  .superRefine((config, context) => {
    checkGuardrails(config, context);
    const names = new Map<string, string>();
    for (const [index, { name, aliases }] of (config.models ?? []).entries()) {
      for (const [key, value] of [['name', name], ...aliases.map((alias, at) => [`aliases.${at}`, alias])] as [
        string,
        string,
      ][]) {
        const holder = names.get(value);
        const path = ['models', index, ...key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))];
        if (holder !== undefined) context.addIssue({ code: 'custom', path, message: `"${value}" already names ${holder}` });
        names.set(value, `models[${index}]`);
      }
    }
    for (const [index, { fallbacks, contextFallbacks = [], backends }] of (config.models ?? []).entries()) {
      for (const [key, list] of Object.entries({ fallbacks, contextFallbacks })) {
        for (const [at, fallback] of list.entries()) {
          const holder = names.get(fallback);
          const path = ['models', index, key, at];
          if (holder === undefined) context.addIssue({ code: 'custom', path, message: `there is no model "${fallback}"` });
          else if (holder === `models[${index}]`)
            context.addIssue({ code: 'custom', path, message: 'a model cannot stand in for itself' });
        }
      }
      for (const [at, backend] of backends.entries()) {
        const path = ['models', index, 'backends', at];
        const { provider, baseUrl, apiKey, model: upstreamModel, headers, maxInFlight, maxQueue } = backend;
        if (maxQueue !== undefined && maxInFlight === undefined) {
          const message = 'has no meaning without maxInFlight: nobody waits';
          context.addIssue({ code: 'custom', path: [...path, 'maxQueue'], message });
        }
        if (provider === 'embedded') {
          const needless = {
            baseUrl,
            apiKey,
            model: upstreamModel,
            headers: Object.keys(headers).length > 0 ? headers : undefined,
          };
          for (const [key, value] of Object.entries(needless)) {
            const message = 'has no meaning for the embedded engine, whose model is engine.model; leave it out';
            if (value !== undefined) context.addIssue({ code: 'custom', path: [...path, key], message });
          }
        }
        if ((provider === 'llamacpp' || provider === 'sluice') && baseUrl === undefined) {
          context.addIssue({ code: 'custom', path: [...path, 'baseUrl'], message: `required for provider "${provider}"` });
        }
      }
    }
  });

function hasNoExtras(text: string): boolean {
  const url = URL.parse(text);
  return url === null || `${url.username}${url.password}${url.search}${url.hash}` === '';
}

/** The configuration after parsing: defaults filled in, secrets wrapped. */
export type Config = z.output<typeof configSchema>;
export type ModelConfig = NonNullable<Config['models']>[number];
export type BackendConfig = ModelConfig['backends'][number];
