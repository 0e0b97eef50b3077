import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { usd, type Usd } from '../money.ts';
import type { Transport } from '../../transport/transport.ts';
import { signRequest, type Credentials } from './sigv4.ts';

const answerSchema = z.object({
  ResultsByTime: z.array(
    z.object({
      Groups: z.array(
        z.object({
          Keys: z.array(z.string()),
          Metrics: z.object({ UnblendedCost: z.object({ Amount: z.string(), Unit: z.string() }) }),
        }),
      ),
    }),
  ),
  NextPageToken: z.string().optional(),
});

export interface BillQuery {
  /** First day, inclusive, and last day, exclusive: `2026-10-01`, `2026-11-01`. */
  start: string;
  end: string;
  /** Only what carries this tag; undefined: the whole account. */
  tag: { key: string; value: string } | undefined;
}

export interface BillOptions {
  transport: Transport;
  /** `https://ce.us-east-1.amazonaws.com`: Cost Explorer has this one endpoint (AWS General Reference). */
  endpoint: string;
  credentials: Credentials;
  nowMs: number;
}

const pageLimit = 50;

async function askPage(query: BillQuery, options: BillOptions, token: string | undefined): Promise<z.infer<typeof answerSchema>> {
  const url = new URL('/', options.endpoint);
  const body = JSON.stringify({
    TimePeriod: { Start: query.start, End: query.end },
    Granularity: 'MONTHLY',
    Metrics: ['UnblendedCost'],
    GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
    ...(query.tag === undefined ? {} : { Filter: { Tags: { Key: query.tag.key, Values: [query.tag.value] } } }),
    ...(token === undefined ? {} : { NextPageToken: token }),
  });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSInsightsIndexService.GetCostAndUsage' };
  const signed = signRequest(
    { method: 'POST', url, headers, body },
    { region: 'us-east-1', service: 'ce', credentials: options.credentials, nowMs: options.nowMs },
  );
  const answer = await options.transport.collect(
    { method: 'POST', url: url.href, headers: signed, body },
    { timeoutMs: 30_000, limitBytes: 16_000_000 },
  ).answer;
  const text = answer.body.toString('utf8');
  if (answer.status !== 200)
    throw new GatewayError(
      'bad_gateway',
      `Cost Explorer answered ${answer.status}: ${/"__type":"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1] ?? 'no reason given'}`,
    );
  const parsed = answerSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new GatewayError('bad_gateway', 'Cost Explorer answered in a form that this version does not know', {
      cause: parsed.error,
    });
  return parsed.data;
}

/** What AWS billed for a period, by service, in dollars. Each page of the answer costs $0.01. Throws `bad_gateway`. */
export async function readBill(query: BillQuery, options: BillOptions): Promise<Map<string, Usd>> {
  const bill = new Map<string, Usd>();
  let token: string | undefined;
  for (let page = 0; page < pageLimit; page += 1) {
    const answer = await askPage(query, options, token);
    for (const group of answer.ResultsByTime.flatMap((period) => period.Groups)) {
      const { Amount, Unit } = group.Metrics.UnblendedCost;
      if (Unit !== 'USD') throw new GatewayError('bad_gateway', `the bill is in ${Unit}; this tool compares US dollars`);
      const service = group.Keys[0] ?? 'unknown';
      bill.set(service, (bill.get(service) ?? 0n) + usd(Amount));
    }
    token = answer.NextPageToken;
    if (token === undefined) return bill;
  }
  throw new GatewayError('bad_gateway', `Cost Explorer went on for more than ${pageLimit} pages`);
}
