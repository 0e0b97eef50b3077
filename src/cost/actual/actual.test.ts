import { createServer, type Server } from 'node:http';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixturePlan, forecastOf } from '../../../test/cost/harness.ts';
import { usd } from '../money.ts';
import { renderJson } from '../report/json.ts';
import { actualCommand, monthSoFar } from './command.ts';
import { settleForecast } from './settle.ts';
import { signRequest } from './sigv4.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
};
const scope = { region: 'us-east-1', service: 'service', credentials, nowMs: Date.parse('2015-08-30T12:36:00Z') };

describe("signature version 4, AWS's published test suite", () => {
  test.each([
    // get-vanilla and get-vanilla-query-order-key-case
    ['GET' as const, 'https://example.amazonaws.com/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'GET' as const,
      'https://example.amazonaws.com/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    // post-vanilla
    ['POST' as const, 'https://example.amazonaws.com/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('%s %s', (method, url, signature) => {
    const { authorization } = signRequest({ method, url: new URL(url), headers: {}, body: '' }, scope);
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });
});

test('a month so far ends yesterday; a past month is whole', () => {
  expect(monthSoFar('2026-11', Date.parse('2026-11-21T06:00:00Z'))).toEqual({
    start: '2026-11-01',
    end: '2026-11-21',
    days: 20,
    of: 30,
  });
  expect(monthSoFar('2026-02', Date.parse('2026-11-21T06:00:00Z'))).toEqual({
    start: '2026-02-01',
    end: '2026-03-01',
    days: 28,
    of: 28,
  });
  expect(() => monthSoFar('2026-12', Date.parse('2026-11-21T06:00:00Z'))).toThrow('no day of 2026-12 is over yet');
});

const report = renderJson({
  title: 'gpu dev',
  forecast: forecastOf(fixturePlan('gpu-dev')),
  comparison: undefined,
  tokens: undefined,
  generatedAt: '',
});

test('forecast and bill meet by service, for the days that are over', () => {
  const bill = new Map([
    ['Amazon Elastic Compute Cloud - Compute', usd(491.64)],
    ['Amazon SageMaker', usd(12)],
    ['EC2 - Other', usd(200)],
  ]);
  const rows = settleForecast(JSON.parse(report), bill, { days: 20, of: 30 });
  const compute = rows.find((row) => row.service.endsWith('Compute'))!;
  // (734.38 + 3.066) × 20/30 = 491.6307; max 4 × 734.38 + 3.066 = 2940.586 × 20/30 = 1960.39
  expect([compute.typical, compute.isInside]).toEqual([4_916_306_666_667n, true]);
  // volumes 38.64 and NAT 32.85 and traffic 0.1717: 71.66 × 2/3 = 47.77; max 4 × 38 + 0.64 + 32.85 + 1.72 = 187.21 × 2/3 = 124.80
  const other = rows.find((row) => row.service === 'EC2 - Other')!;
  expect([other.isInside, other.billed > other.max]).toEqual([false, true]);
  expect(rows.find((row) => row.service === 'Amazon SageMaker')).toMatchObject({ min: 0n, max: 0n, isInside: false });
});

describe('sluice cost actual', () => {
  let server: Server;
  const asked: { body: Record<string, unknown>; authorization: string; target: string }[] = [];
  let status = 200;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        asked.push({ body, authorization: request.headers.authorization ?? '', target: String(request.headers['x-amz-target']) });
        if (status !== 200) return response.writeHead(status).end('{"__type":"com.amazon#AccessDeniedException"}');
        const page = body['NextPageToken'] === undefined;
        const group = {
          Keys: [page ? 'Amazon API Gateway' : 'AWS WAF'],
          Metrics: { UnblendedCost: { Amount: page ? '2.5' : '4.4', Unit: 'USD' } },
        };
        return response.end(JSON.stringify({ ResultsByTime: [{ Groups: [group] }], ...(page ? { NextPageToken: 'more' } : {}) }));
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });

  afterAll(() => new Promise((done) => server.close(done)));

  async function run(): Promise<{ text: string; warnings: string[] }> {
    const outcome = { text: '', warnings: [] as string[] };
    const file = join(await mkdtemp(join(tmpdir(), 'actual-test-')), 'report.json');
    await writeFile(file, report);
    const io = {
      write: (text: string) => void (outcome.text += text),
      warn: (text: string) => void outcome.warnings.push(text),
      setExitStatus: () => undefined,
      nowMs: () => Date.parse('2026-11-21T06:00:00Z'),
    };
    const { port } = server.address() as AddressInfo;
    const commandLine = [
      '--forecast',
      file,
      '--month',
      '2026-10',
      '--tag',
      'Topology=gpu',
      '--endpoint',
      `http://127.0.0.1:${port}`,
      '--access-key-id',
      'AKIDEXAMPLE',
      '--secret-access-key',
      'secret',
    ];
    await actualCommand(io).parseAsync(commandLine, { from: 'user' });
    return outcome;
  }

  test('asks for the month by tag, follows pages, and sets both side by side', async () => {
    const { text } = await run();
    expect(asked.map((question) => question.body['NextPageToken'])).toEqual([undefined, 'more']);
    expect(asked[0]?.body).toMatchObject({
      TimePeriod: { Start: '2026-10-01', End: '2026-11-01' },
      Filter: { Tags: { Key: 'Topology', Values: ['gpu'] } },
    });
    expect(asked[0]?.target).toBe('AWSInsightsIndexService.GetCostAndUsage');
    expect(asked[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261121\/us-east-1\/ce\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, /,
    );
    // 3.50 foreseen, 0 to 35; 6.60 foreseen for WAF, at least 6.00
    expect(text).toMatch(/Amazon API Gateway +\$0\.00 +\$3\.50 +\$35\.00 +\$2\.50\n/);
    expect(text).toMatch(/AWS WAF +\$6\.00 +\$6\.60 +\$12\.00 +\$4\.40 {2}below the forecast\n/);
  });

  test('a refusal is told with its reason and without the answer', async () => {
    status = 400;
    expect((await run()).warnings).toEqual(['Cost Explorer answered 400: AccessDeniedException']);
  });
});
