import { Redis } from 'ioredis';
import { until } from '../../support/client.ts';
import type { GovernanceWorld } from './world.ts';

/** Prices at which single tokens are no whole nano-dollars, so that rounding shows. */
export const priceUsd = { inputUsdPerMillionTokens: 0.1237, outputUsdPerMillionTokens: 0.6031 };

/** Nano-dollars of a request, exact, rounded once. */
export function costOfTokens(prompt: number, completion: number): bigint {
  return (BigInt(prompt) * 123_700_000n + BigInt(completion) * 603_100_000n + 500_000n) / 1_000_000n;
}

/** What is known of a key's spend in every place that counts it, nano-dollars. */
export interface Spent {
  rows: number;
  ledger: bigint;
  daily: bigint;
  counter: bigint;
}

/** Reads the three records of a key as soon as the ledger has `rows` rows of it. A row too many would show as well: the flush after it is awaited. */
export async function spentOf(world: GovernanceWorld, hash: string, rows: number): Promise<Spent> {
  const read = async () => {
    const [found] = await world.sql(
      `select (select count(*) from ledger where key_hash = $1) as rows,
         (select coalesce(sum(cost), 0) from ledger where key_hash = $1) as ledger,
         (select coalesce(sum(cost), 0) from daily_spend where key_hash = $1) as daily,
         (select coalesce(sum(spent), 0) from spend where scope = 'key:' || $1) as counter`,
      [hash],
    );
    const { rows: count = 0, ledger = 0, daily = 0, counter = 0 } = found ?? {};
    return { rows: Number(count), ledger: BigInt(ledger), daily: BigInt(daily), counter: BigInt(counter) };
  };
  await until(async () => (await read()).rows >= rows, 20_000);
  return read();
}

/** What Redis holds of a key's budget, nano-dollars: spent, and reserved by requests under way. */
export async function redisBudget(world: GovernanceWorld, hash: string): Promise<{ spent: bigint; reserved: bigint }> {
  const redis = new Redis(world.redis.url);
  try {
    const [name] = await redis.keys(`*:b:key:${hash}:budget:*`);
    const [spent, reserved] = name === undefined ? [] : await redis.hmget(name, 's', 'r');
    return { spent: BigInt(spent ?? 0), reserved: BigInt(reserved ?? 0) };
  } finally {
    redis.disconnect();
  }
}

/** How many of a key's requests hold a slot in Redis. */
export async function redisSlots(world: GovernanceWorld, hash: string): Promise<number> {
  const redis = new Redis(world.redis.url);
  try {
    const [name] = await redis.keys(`*:p:key:${hash}:parallel`);
    return name === undefined ? 0 : await redis.zcard(name);
  } finally {
    redis.disconnect();
  }
}

/** Every row of the ledger costs what its tokens cost. */
export async function wrongRows(world: GovernanceWorld): Promise<number> {
  const rows = await world.sql('select prompt_tokens, completion_tokens, cost from ledger');
  return rows.filter((row) => BigInt(row['cost']!) !== expectedCost(row)).length;
}

function expectedCost({ prompt_tokens, completion_tokens }: Record<string, string>): bigint {
  return costOfTokens(Number(prompt_tokens), Number(completion_tokens));
}
