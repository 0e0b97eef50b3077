import { z } from 'zod';
import { parse } from 'yaml';
import { GatewayError } from '../../errors.ts';
import type { ResourceNode } from '../plan/graph.ts';
import { range, type Range } from '../range.ts';
import { categories } from '../rules/rule.ts';

const amount = z.number().nonnegative();

/** One number, or three in the order min, typical, max. */
const rangeSchema = z
  .union([amount, z.tuple([amount, amount, amount])])
  .refine((value) => typeof value === 'number' || (value[0] <= value[1] && value[1] <= value[2]), {
    message: 'three numbers must not fall: min, typical, max',
  })
  .transform((value) => (typeof value === 'number' ? range(value) : range(...value)));

const auto = z.literal('auto');

/** Relative load of the 24 hours of a day with mean 1: quiet nights, busy working hours. */
const diurnal = [
  0.3, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5, 0.8, 1.3, 1.7, 1.9, 1.9, 1.7, 1.8, 1.9, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6, 0.4, 0.3,
];
const profileSchema = z
  .union([
    z.literal('diurnal').transform(() => diurnal),
    z.literal('flat').transform(() => Array.from({ length: 24 }, () => 1)),
    z.array(amount).length(24),
  ])
  .refine((weights) => weights.some((weight) => weight > 0), { message: 'at least one hour must have load' });

/** The usage file, strict: an unknown key is an error that names it. Every quantity is per month. */
const usageSchema = z.strictObject({
  version: z.literal(1).default(1),
  traffic: z
    .strictObject({
      requests: rangeSchema.default(() => range(0, 1_000_000, 10_000_000)),
      promptTokens: amount.default(300),
      outputTokens: amount.default(200),
      responseKB: amount.default(2),
      streamingKB: amount.default(40),
      streamingShare: z.number().min(0).max(1).default(0),
      profile: profileSchema.default(() => diurnal),
    })
    .prefault({}),
  gpu: z
    .strictObject({
      model: z.string().default('phi-3-mini'),
      outputTokensPerSecond: z.union([auto, z.number().positive()]).default('auto'),
      targetUtilization: z.number().gt(0).max(1).default(0.7),
    })
    .prefault({}),
  launches: z
    .strictObject({ perMonth: rangeSchema.default(() => range(2, 20, 120)), downloadGB: amount.default(0) })
    .prefault({}),
  logs: z.strictObject({ ingestGB: z.union([auto, rangeSchema]).default('auto') }).prefault({}),
  egress: z.strictObject({ internetGB: z.union([auto, rangeSchema]).default('auto') }).prefault({}),
  hours: z.strictObject({ onPerMonth: z.number().min(0).max(730).default(730) }).prefault({}),
  resources: z.record(z.string(), z.record(z.string(), rangeSchema)).default({}),
  extras: z
    .array(
      z.strictObject({
        category: z.enum(categories),
        priceId: z.string(),
        region: z.string(),
        quantity: rangeSchema,
        note: z.string(),
      }),
    )
    .default([]),
});

export type UsageProfile = z.output<typeof usageSchema>;
export type UsageInput = z.input<typeof usageSchema>;

/** Distance in edits between two words, for "did you mean". */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const substitution = (previous[column] ?? 0) + (letter.toLowerCase() === other.toLowerCase() ? 0 : 1);
      current.push(Math.min(substitution, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The known word nearest to an unknown one, as the end of an error message. */
export function suggest(unknown: string, known: readonly string[]): string {
  const nearest = [...known].sort((left, right) => distance(unknown, left) - distance(unknown, right))[0];
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

function sectionKeys(path: readonly PropertyKey[]): string[] {
  const top: Record<string, z.ZodType> = usageSchema.shape;
  const section = path[0] === undefined ? usageSchema : top[String(path[0])];
  const inner = section instanceof z.ZodPrefault || section instanceof z.ZodDefault ? section.unwrap() : section;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** Parses what a usage file or the flags say. Throws `bad_request` that names the wrong key, and for a misspelt one the nearest known key. */
export function parseUsage(input: unknown, name = 'the usage file'): UsageProfile {
  const result = usageSchema.safeParse(input ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'top level';
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  if (unknown !== undefined)
    throw new GatewayError(
      'bad_request',
      `${name}: unknown key ${unknown} at ${where}${suggest(unknown, sectionKeys(issue?.path ?? []))}`,
    );
  throw new GatewayError('bad_request', `${name}: ${where}: ${issue?.message ?? 'not readable'}`);
}

/** Reads YAML (or JSON, which is YAML) of a usage file. Throws `bad_request`. */
export function readUsageText(source: string, name: string): unknown {
  try {
    // Version 1.1 reads 1_000_000 as a number.
    return parse(source, { version: '1.1' }) as unknown;
  } catch (cause) {
    throw new GatewayError('bad_request', `${name} is not YAML: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}

/** Looks up a resource's usage: its exact address, then the address with `[*]` for its index, then its type. */
export function usageOf(profile: UsageProfile, node: ResourceNode, key: string): Range | undefined {
  const star = node.address.replace(/\[("[^"]*"|\d+)\]/g, '[*]');
  for (const name of [node.address, star, node.type]) {
    const value = profile.resources[name]?.[key];
    if (value !== undefined) return value;
  }
  return undefined;
}
