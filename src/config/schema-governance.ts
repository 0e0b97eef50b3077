import { z } from 'zod';
import { apiKey, budgetPeriod, headerSecret, keyHash, milliseconds, perMinute, usd } from './schema-values.ts';

const priceFields = z.strictObject({
  inputUsdPerMillionTokens: usd.describe('USD for a million prompt tokens.'),
  outputUsdPerMillionTokens: usd.optional().describe('USD for a million tokens of the answer; default: none.'),
  cachedInputUsdPerMillionTokens: usd.optional().describe('USD for a million prompt tokens that the upstream had cached.'),
  usdPerRequest: usd.optional().describe('USD for each request, on top.'),
});
const gpuPrice = z.strictObject({
  usdPerHour: usd.describe('What the machine costs an hour.'),
  tokensPerSecond: z
    .number()
    .positive()
    .describe('Measured throughput of the machine at its usual load, prompt and answer together.'),
});

/** What a model costs: by tokens, or by the hour of a machine. */
export const price = z.union([priceFields, gpuPrice]);

/** Limits of a model over all clients. */
export const sharedLimits = z.strictObject({
  requestsPerMinute: perMinute.describe('Requests in any 60 seconds, of all clients together.'),
  tokensPerMinute: perMinute.describe('Tokens in any 60 seconds, of all clients together.'),
  maxParallel: z.int().min(0).optional().describe('Requests at once, of all clients together.'),
});

const modelLimits = z.strictObject({
  requestsPerMinute: perMinute.describe('Requests in any 60 seconds.'),
  tokensPerMinute: perMinute.describe('Tokens in any 60 seconds, prompt and answer.'),
  budgetUsd: usd.optional().describe('What may be spent in a period.'),
  budgetPeriod: budgetPeriod.describe('When the budget begins anew: 30s, 12h, 1d, 7d, 30d, 1mo; default: never.'),
});
const holderLimits = modelLimits.extend({
  maxParallel: z.int().min(0).optional().describe('Requests at once.'),
  softBudgetUsd: usd.optional().describe('Spending beyond it is told in log and metrics.'),
  models: z.record(z.string(), modelLimits).default({}).describe('Limits on single models.'),
});

/** A key that is declared in the configuration. */
export const key = z
  .strictObject({
    key: apiKey.optional().describe('The key that clients send; or give `hash`. Write ${NAME} to take it from the environment.'),
    hash: keyHash.optional().describe('SHA-256 of the key as 64 hexadecimal digits, where the key itself is not to stand here.'),
    alias: z.string().min(1).max(200).describe('Its name in logs, metrics and reports.'),
    models: z.array(z.string().min(1)).default([]).describe('Models it may use, with wildcards like openai/*; default: all.'),
    routes: z
      .array(z.string().min(1))
      .default([])
      .describe('Routes it may use, with wildcards like /v1/*; default: all of inference.'),
    user: z.string().min(1).optional().describe('Its owner.'),
    team: z.string().min(1).optional().describe('Its team.'),
    expiresAt: z.iso.datetime({ offset: true }).optional().describe('From when it is refused, e.g. 2027-01-31T00:00:00Z.'),
    blocked: z.boolean().default(false).describe('Refused for now.'),
    guardrails: z.array(z.string()).default([]).describe('Guardrails that always run for it.'),
    metadata: z.record(z.string(), z.unknown()).default({}).describe('Anything; kept with it.'),
    limits: holderLimits.prefault({}),
  })
  .superRefine((value, context) => {
    if ((value.key === undefined) !== (value.hash === undefined)) return;
    const message = value.key === undefined ? 'needs `key` or `hash`' : 'has `key` and `hash`; give one of them';
    context.addIssue({ code: 'custom', path: value.key === undefined ? [] : ['hash'], message });
  });

export const limits = z
  .strictObject({
    ip: z
      .strictObject({
        requestsPerMinute: z
          .int()
          .min(0)
          .nullable()
          .optional()
          .describe(
            'Requests in any 60 seconds from one client address; null: no limit. Default: 100 where the gateway listens beyond loopback.',
          ),
      })
      .prefault({}),
    global: holderLimits.omit({ models: true }).prefault({}),
    assumedOutputTokens: z
      .int()
      .min(1)
      .default(4096)
      .describe(
        'Length of an answer that a token limit or a budget reserves, and asks of the upstream, where neither the request nor the model bounds it.',
      ),
    leaseMs: milliseconds(60_000, 'After what time a slot or reserved money of a gateway that died is free again.'),
    onRedisFailure: z
      .enum(['local', 'refuse'])
      .default('local')
      .describe('Without Redis: count in this process and go on, or refuse requests that have limits.'),
  })
  .prefault({});

export const redis = z.strictObject({
  url: headerSecret.describe('redis:// or rediss:// (TLS), with user and password where needed. Redis 6 or newer, or Valkey.'),
  keyPrefix: z
    .string()
    .regex(/^[\w.-]*$/)
    .default('sluice')
    .describe('Begins every key, so that several gateways can share a server.'),
});

export const database = z
  .strictObject({
    url: headerSecret
      .optional()
      .describe('postgres://… of a PostgreSQL server; default: an embedded one in the data folder. DATABASE_URL overrides it.'),
    poolSize: z.int().min(1).max(100).default(10).describe('Connections to a server.'),
    connectTimeoutMs: milliseconds(5_000, 'How long a connection may take.'),
    onFailure: z
      .enum(['continue', 'refuse'])
      .default('continue')
      .describe('Without the database: serve keys that are known and spool spend to disk, or refuse every key.'),
  })
  .prefault({});

export const spend = z
  .strictObject({
    ledger: z
      .boolean()
      .default(true)
      .describe('Whether a row is kept of every request; sums by day and budgets are kept anyway.'),
    flushIntervalMs: milliseconds(1_000, 'How often rows are written; a killed gateway loses at most this much.'),
    retentionDays: z.int().min(1).optional().describe('Rows older than this are removed; sums by day stay. Default: never.'),
  })
  .prefault({});
