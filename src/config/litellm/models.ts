import { isDeepStrictEqual } from 'node:util';
import { readCredentials, readDeployment, type Deployment } from './deployment.ts';
import type { Setting } from './setting.ts';
import type { BackendInput, ModelInput, Translation } from './translation.ts';

/** What holds for every deployment that does not say otherwise. */
export interface DeploymentDefaults {
  timeoutMs: number;
  streamIdleTimeoutMs: number | null;
  maxParallel: number | null;
}

/** `model_list` as our models: entries of one name are the backends of one model, in the order of their first mention. */
export function translateModels(file: Setting, defaults: DeploymentDefaults, translation: Translation): void {
  const credentials = readCredentials(file.child('credential_list'));
  const groups = new Map<string, Deployment[]>();
  for (const entry of file.child('model_list')?.items() ?? []) {
    const name = entry.child('model_name');
    const text = name === undefined ? entry.refuse('needs model_name') : name.text();
    const deployment = readDeployment(entry, credentials, translation);
    if (name === undefined || text === undefined) continue;
    if (text.includes('*')) name.refuse('is a wildcard, which is not built yet; list each model by its name');
    else if (deployment !== undefined) groups.set(text, [...(groups.get(text) ?? []), deployment]);
  }
  const models = [...groups].map(([name, deployments]) => toModel(name, deployments, defaults));
  if (models.length > 0) translation.input.models = models;
  else if (translation.refused.length === 0) file.refuse('model_list names no model; at least one must stand in the file');
  for (const [index, deployments] of [...groups.values()].entries()) trace(index, ordered(deployments), translation);
}

function toModel(name: string, unordered: readonly Deployment[], defaults: DeploymentDefaults): ModelInput {
  const deployments = ordered(unordered);
  const prices = deployments.map(({ price }) => price);
  const [price] = prices;
  const isOnePrice = prices.every((one) => isDeepStrictEqual(one, price));
  const weights = weightsOf(deployments);
  const backends = deployments.map((deployment, at): BackendInput => {
    const { backend } = deployment;
    const weight = weights[at] ?? 1;
    const own = isOnePrice || deployment.price === undefined ? {} : { price: deployment.price };
    return { ...backend, ...(weight === 1 ? {} : { weight }), ...own, timeoutMs: backend.timeoutMs ?? defaults.timeoutMs };
  });
  const largest = (read: (deployment: Deployment) => number | null) =>
    deployments.reduce<number | null>((most, one) => highest(most, read(one)), null);
  const contextTokens = largest((one) => one.contextTokens);
  const maxOutputTokens = largest((one) => one.maxOutputTokens);
  const longest = Math.max(...backends.map(({ timeoutMs }) => timeoutMs ?? 0));
  return {
    name,
    streamIdleTimeoutMs: largest((one) => one.streamIdleTimeoutMs) ?? defaults.streamIdleTimeoutMs ?? longest,
    ...(contextTokens === null ? {} : { contextTokens }),
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...(isOnePrice && price !== undefined ? { price } : {}),
    ...limitsOf(deployments, defaults),
    backends,
  };
}

/** Deployments of a higher `order` come after those of a lower one, and only when those fail. */
function ordered(deployments: readonly Deployment[]): readonly Deployment[] {
  return deployments.toSorted((left, right) => left.order - right.order);
}

/** LiteLLM draws by `weight`, where no deployment has one by `rpm`, then by `tpm`; ours end at 1000. */
function weightsOf(deployments: readonly Deployment[]): number[] {
  const [first] = deployments;
  if (first === undefined || deployments.length === 1) return [1];
  const readers = [
    (one: Deployment) => one.weight,
    (one: Deployment) => one.requestsPerMinute,
    (one: Deployment) => one.tokensPerMinute,
  ];
  const read = readers.find((reader) => deployments.some((one) => reader(one) !== null)) ?? (() => 1);
  const shares = deployments.map((one) => (one.order > first.order ? 0 : (read(one) ?? 0)));
  const most = Math.max(...shares);
  return shares.map((share) => (most > 1000 ? (share * 1000) / most : share));
}

/** The limits of a group are the sums of its deployments'; where one of them has none, the group has none. */
function limitsOf(deployments: readonly Deployment[], defaults: DeploymentDefaults): Pick<ModelInput, 'limits'> {
  const sum = (read: (deployment: Deployment) => number | null) =>
    deployments.reduce<number | null>((total, one) => (total === null ? null : plus(total, read(one))), 0);
  const requestsPerMinute = sum((one) => one.requestsPerMinute);
  const tokensPerMinute = sum((one) => one.tokensPerMinute);
  const maxParallel = sum((one) => one.maxParallel ?? defaults.maxParallel);
  const limits = {
    ...(requestsPerMinute === null ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === null ? {} : { tokensPerMinute }),
    ...(maxParallel === null ? {} : { maxParallel }),
  };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

function plus(total: number, amount: number | null): number | null {
  return amount === null ? null : total + amount;
}

function highest(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.max(left, right);
}

const traced = {
  provider: 'model',
  model: 'model',
  baseUrl: 'api_base',
  apiKey: 'api_key',
  headers: 'extra_headers',
  timeoutMs: 'timeout',
  weight: 'weight',
  price: 'input_cost_per_token',
};

/** Where each part of a model came from, for what the schema has to say of it. */
function trace(index: number, deployments: readonly Deployment[], translation: Translation): void {
  const [first] = deployments;
  if (first === undefined) return;
  translation.trace(['models', index], first.path);
  translation.trace(['models', index, 'name'], [...first.path, 'model_name']);
  translation.trace(['models', index, 'limits'], [...first.path, 'litellm_params']);
  translation.trace(['models', index, 'price'], [...first.path, 'litellm_params', 'input_cost_per_token']);
  for (const [at, { path }] of deployments.entries()) {
    translation.trace(['models', index, 'backends', at], path);
    for (const [ours, theirs] of Object.entries(traced)) {
      translation.trace(['models', index, 'backends', at, ours], [...path, 'litellm_params', theirs]);
    }
  }
}
