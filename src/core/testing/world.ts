import { openai } from '../../providers/openai/openai.ts';
import type { Price } from '../../money/price.ts';
import type { Access, Budget, Scope } from '../access.ts';
import { BackendHealth } from '../backend-health.ts';
import type { Model } from '../model-table.ts';

/** Values as the gateway has them, with nothing set but what a test sets. */

export function accessOf(own: Partial<Access> = {}): Access {
  return {
    keyHash: 'hash',
    keyAlias: null,
    keyName: null,
    role: 'user',
    isMaster: false,
    userId: null,
    teamId: null,
    expiresAtMs: null,
    grants: [],
    routes: null,
    scopes: [],
    modelAliases: {},
    guardrails: [],
    tags: [],
    metadata: {},
    ...own,
  };
}

export function scopeOf(kind: Scope['kind'], own: Partial<Scope> = {}): Scope {
  return {
    kind,
    id: kind,
    label: `my ${kind}`,
    requestsPerMinute: null,
    tokensPerMinute: null,
    maxParallel: null,
    budget: null,
    models: {},
    ...own,
  };
}

export function budgetOf(scope: string, own: Partial<Budget> = {}): Budget {
  return { scope, maxNanoUsd: null, softNanoUsd: null, duration: null, anchorMs: 0, periodEndMs: null, spentNanoUsd: 0, ...own };
}

/** `price`: of its one backend. */
export function modelOf(name: string, own: Partial<Model> = {}, price: Price | null = null): Model {
  const backend = {
    id: `${name}#0`,
    providerName: 'openai',
    provider: openai,
    weight: 1,
    timeoutMs: 1_000,
    price,
    health: new BackendHealth({ allowedFails: 1, cooldownMs: 1_000 }),
    queueProbe: null,
    queue: null,
    target: () => {
      throw new Error('no test asks for it');
    },
  };
  return {
    name,
    aliases: [],
    created: 0,
    timeoutMs: null,
    streamIdleTimeoutMs: 1_000,
    contextTokens: null,
    engineContextTokens: null,
    maxOutputTokens: null,
    scope: null,
    promptFormat: 'raw',
    backends: [backend],
    fallbacks: [],
    contextFallbacks: [],
    ...own,
  };
}

export function priceOf(inputNanoUsd: number, outputNanoUsd: number): Price {
  return { inputNanoUsd, outputNanoUsd, cachedInputNanoUsd: null, requestNanoUsd: 0 };
}
