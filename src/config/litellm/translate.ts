import { readEnvironment } from '../environment.ts';
import { nearest } from '../nearest.ts';
import { configSchema } from '../schema.ts';
import { redisUrl } from '../service-urls.ts';
import { translateFallbacks } from './fallbacks.ts';
import { generalRules } from './general-settings.ts';
import { translateGuardrails } from './guardrails.ts';
import { litellmRules } from './litellm-settings.ts';
import { translateModels } from './models.ts';
import { addedVariables, resolveReferences } from './references.ts';
import { routerRules } from './router-settings.ts';
import { applyRules } from './rules.ts';
import { Setting } from './setting.ts';
import { Translation, type Mode, type Variables } from './translation.ts';

/** LiteLLM's own is 6,000 seconds; its clients' libraries give up after 600. */
const requestTimeoutMs = 600_000;
const port = 4000;

const topLevelKeys = [
  'model_list',
  'litellm_settings',
  'router_settings',
  'general_settings',
  'guardrails',
  'environment_variables',
  'include',
  'credential_list',
  'callback_settings',
];

/**
 * LiteLLM's configuration as our own, not yet parsed: what it refuses and what it warns of, each with its place in `document` (the values of
 * the file, included ones merged in). Pure.
 */
export function translate(document: unknown, environment: Variables, mode: Mode): Translation {
  const translation = new Translation(mode, environment, addedVariables(document, environment));
  const file = new Setting(translation, [], resolveReferences(document, translation));
  checkTopLevel(file);
  translation.input.server = { port };
  translation.input.limits = { ip: { requestsPerMinute: null } };
  translation.input.compatibility = { litellmModelNames: true };
  translateRouting(file, translation);
  translateVariables(file.child('environment_variables'), translation);
  translateRedis(file, translation);
  const litellm = file.child('litellm_settings');
  const router = file.child('router_settings');
  const general = file.child('general_settings');
  if (litellm !== undefined) applyRules(litellm, litellmRules, translation);
  // What stands in router_settings wins, so it comes later.
  if (litellm !== undefined) applyRules(litellm.only(['allowed_fails', 'cooldown_time']), routerRules, translation);
  if (router !== undefined) applyRules(router, routerRules, translation);
  if (general !== undefined) applyRules(general, generalRules, translation);
  trustProxies(general, translation);
  const guardrails = file.child('guardrails');
  if (guardrails !== undefined) translateGuardrails(guardrails, translation);
  return translation;
}

function checkTopLevel(file: Setting): void {
  const own = Object.keys(configSchema.shape);
  for (const [key, setting] of file.entries()) {
    const meant = nearest(key, topLevelKeys);
    if (topLevelKeys.includes(key)) continue;
    else if (own.includes(key))
      setting.refuse('belongs to the form of Sluice: a file has one form; sluice config convert makes ours of LiteLLM’s');
    else setting.refuse(`is not supported${meant === undefined ? '' : `; did you mean "${meant}"?`}`);
  }
  for (const [key, setting] of file.child('callback_settings')?.entries() ?? []) {
    if (key === 'otel') setting.warn('traces are not built yet; none are sent');
    else setting.refuse('is not supported');
  }
}

/** Models, who stands in for whom, and retries: settings that may stand in two places, of which `router_settings` wins. */
function translateRouting(file: Setting, translation: Translation): void {
  const [general, router, litellm] = ['general_settings', 'router_settings', 'litellm_settings'].map((key) => file.child(key));
  const either = (key: string) => router?.child(key) ?? litellm?.child(key);
  const defaults = {
    timeoutMs: (router?.child('timeout') ?? litellm?.child('request_timeout'))?.milliseconds() ?? requestTimeoutMs,
    streamIdleTimeoutMs: router?.child('stream_timeout')?.milliseconds() ?? null,
    maxParallel: (general?.child('max_parallel_requests') ?? router?.child('default_max_parallel_requests'))?.integer() ?? null,
  };
  translateModels(file, defaults, translation);
  const names = Array.isArray(file.child('model_list')?.value) ? file.child('model_list')?.items() : [];
  const fallbackSettings = {
    declared: new Set(names?.map((entry) => entry.child('model_name')?.value)),
    aliases: router?.child('model_group_alias'),
    fallbacks: either('fallbacks'),
    contextWindowFallbacks: either('context_window_fallbacks'),
    defaultFallbacks: either('default_fallbacks'),
  };
  translateFallbacks(fallbackSettings, translation);
  const retries = either('num_retries');
  const count = retries?.integer();
  if (retries !== undefined && count !== undefined) translation.set(['routing', 'retries'], count, retries.path);
}

/** What the file's own variables say of the database, Redis and the master key; settings of the file win over them. */
function translateVariables(added: Setting | undefined, translation: Translation): void {
  if (added === undefined) return;
  const names = added.entries().map(([name]) => name);
  if (translation.mode === 'convert') {
    if (names.length > 0) added.warn(`set these in the environment of the gateway: ${names.join(', ')}`);
    return;
  }
  const before = readEnvironment(translation.environment);
  const now = readEnvironment(translation.variables);
  if (now.databaseUrl !== undefined && now.databaseUrl !== before.databaseUrl)
    translation.set(['database', 'url'], now.databaseUrl, added.path);
  if (now.redisUrl !== undefined && now.redisUrl !== before.redisUrl) translation.set(['redis', 'url'], now.redisUrl, added.path);
  if (now.masterKey !== before.masterKey) translation.set(['masterKey'], now.masterKey, added.path);
  if (now.saltKey !== before.saltKey)
    added.refuse('the salt key must be set in the environment itself: it encrypts secrets, so it is kept apart from files');
}

/** The Redis of the router, else of the cache, holds the counters. */
function translateRedis(file: Setting, translation: Translation): void {
  const cache = file.child('litellm_settings')?.child('cache_params');
  const found = redisOf(file.child('router_settings'), 'redis_') ?? redisOf(cache, '');
  if (found === undefined) return;
  translation.set(['redis', 'url'], found.url, found.from.path);
  if (translation.mode === 'convert' && /:\$\{\w+\}@/.test(found.url)) {
    found.from.warn(
      'the password now stands in an address: percent-encode it in its variable if it has characters such as / : @',
    );
  }
}

function redisOf(section: Setting | undefined, prefix: string): { url: string; from: Setting } | undefined {
  const read = (key: string) => section?.child(`${prefix}${key}`);
  const whole = read('url');
  const url = whole?.text();
  if (whole !== undefined && url !== undefined) return { url, from: whole };
  const host = read('host');
  const place = host?.text();
  if (host === undefined || place === undefined) return undefined;
  const parts = { host: place, port: read('port')?.text(), user: read('username')?.text(), password: read('password')?.text() };
  return { url: redisUrl({ ...parts, isEncrypted: read('ssl')?.boolean() ?? false }), from: host };
}

/** Where load balancers and ingresses have their addresses: loopback, RFC 1918, carrier-grade NAT, unique local IPv6. */
const privateRanges = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '::1/128', 'fc00::/7'];

/** `use_x_forwarded_for` believes the header from everybody; here only from proxies. */
function trustProxies(general: Setting | undefined, translation: Translation): void {
  const isUsed = general?.child('use_x_forwarded_for');
  if (isUsed?.boolean() !== true) return;
  const named = general?.child('mcp_trusted_proxy_ranges');
  translation.set(['server', 'trustedProxies'], named?.value ?? privateRanges, (named ?? isUsed).path);
  if (named === undefined)
    isUsed.warn(`is believed from private addresses only (${privateRanges.join(', ')}); mcp_trusted_proxy_ranges names others`);
}
