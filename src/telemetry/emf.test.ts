import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EmfMetrics, type EmfGauges } from './emf.ts';
import { newRecord, type FinishedRequest, type InferenceRecord } from './record.ts';

const settings = { namespace: 'LLMInference', environment: 'dev', autoScalingGroup: 'llm-dev-gpu-fleet' };
const idle: EmfGauges = { queueDepth: 0, inFlight: 0, isEngineReady: false };
const nowMs = 1_763_731_200_000;

/** The schema that the specification of the format gives, "Embedded metric format specification", with its limits. */
const documented = z.fromJSONSchema({
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            properties: {
              Namespace: { type: 'string', minLength: 1, maxLength: 1024 },
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: { type: 'array', minItems: 1, maxItems: 30, items: { type: 'string', minLength: 1, maxLength: 250 } },
              },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  properties: {
                    Name: { type: 'string', minLength: 1, maxLength: 1024 },
                    Unit: { enum: ['Milliseconds', 'Seconds', 'Count', 'None'] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

type Line = Record<string, unknown> & {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: [{ Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }];
  };
};

/** Reads lines and holds each to the format: what it names is there, what is there is named, no list is too long. */
function parsed(lines: string[]): Line[] {
  return lines.map((text) => {
    expect(text).toMatch(/^\{.*\}\n$/);
    const line = JSON.parse(text) as Line;
    documented.parse(line);
    const [directive] = line._aws.CloudWatchMetrics;
    const names = directive.Metrics.map(({ Name }) => Name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(line).sort()).toEqual(['_aws', ...new Set(directive.Dimensions.flat()), ...names].sort());
    for (const dimension of directive.Dimensions.flat()) expect(line[dimension]).toEqual(expect.stringMatching(/\S/));
    for (const name of names) {
      const values = [line[name]].flat() as number[];
      expect(values.length).toBeLessThanOrEqual(100);
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
    return line;
  });
}

function request(own: Partial<InferenceRecord> = {}, more: Partial<FinishedRequest> = {}): FinishedRequest {
  const inference = { ...newRecord('chat'), attempts: 1, ...own };
  const common = { requestId: 'r', method: 'POST', path: '/v1/chat/completions', route: '/v1/chat/completions' };
  return { ...common, status: 200, durationMs: 812.3456, errorCode: null, inference, ...more };
}

const usage = { promptTokens: 5, completionTokens: 2, cachedTokens: 0, isEstimated: false };

test('a line has what happened, with dimensions and units', () => {
  const metrics = new EmfMetrics(() => 0);
  metrics.observe(request({ usage }));
  metrics.observe(request({ usage, isStreaming: true, firstByteMs: 50.126 }, { durationMs: 1000 }));
  const lines = parsed(metrics.take(settings, { queueDepth: 3, inFlight: 7, isEngineReady: false }, nowMs));
  expect(lines).toEqual([
    {
      _aws: {
        Timestamp: nowMs,
        CloudWatchMetrics: [
          {
            Namespace: 'LLMInference',
            Dimensions: [['Environment', 'AutoScalingGroupName']],
            Metrics: [
              { Name: 'RequestLatency', Unit: 'Milliseconds' },
              { Name: 'TimeToFirstToken', Unit: 'Milliseconds' },
              { Name: 'RequestCount', Unit: 'Count' },
              { Name: 'ErrorCount', Unit: 'Count' },
              { Name: 'TokensIn', Unit: 'Count' },
              { Name: 'TokensOut', Unit: 'Count' },
              { Name: 'QueueDepth', Unit: 'Count' },
              { Name: 'InFlight', Unit: 'Count' },
              { Name: 'EngineReady', Unit: 'None' },
            ],
          },
        ],
      },
      Environment: 'dev',
      AutoScalingGroupName: 'llm-dev-gpu-fleet',
      RequestLatency: [812.35, 1000],
      TimeToFirstToken: [50.13],
      RequestCount: 2,
      ErrorCount: 0,
      TokensIn: 10,
      TokensOut: 4,
      QueueDepth: 3,
      InFlight: 7,
      EngineReady: 0,
    },
  ]);
});

test('without an Auto Scaling group there is one dimension', () => {
  const [line] = parsed(new EmfMetrics(() => 0).take({ namespace: 'N', environment: 'dev' }, idle, nowMs));
  expect(line!._aws.CloudWatchMetrics[0].Dimensions).toEqual([['Environment']]);
});

test('what happened is told once; then that nothing did', () => {
  const metrics = new EmfMetrics(() => 0);
  metrics.observe(request());
  metrics.take(settings, idle, nowMs);
  const [line] = parsed(metrics.take(settings, idle, nowMs));
  const { _aws, ...figures } = line!;
  expect(figures).toEqual({
    Environment: 'dev',
    AutoScalingGroupName: 'llm-dev-gpu-fleet',
    RequestCount: 0,
    ErrorCount: 0,
    TokensIn: 0,
    TokensOut: 0,
    QueueDepth: 0,
    InFlight: 0,
    EngineReady: 0,
  });
});

test('server errors count, of streams that broke off too; the caller’s do not', () => {
  const metrics = new EmfMetrics(() => 0);
  metrics.observe(request({ errorCode: 'gateway_timeout' }, { status: 504, errorCode: 'gateway_timeout' }));
  metrics.observe(request({ errorCode: 'bad_gateway', isStreaming: true }));
  metrics.observe(request({ errorCode: 'service_unavailable', attempts: 0 }, { status: 503 }));
  metrics.observe(request({ errorCode: 'rate_limit_exceeded', attempts: 0 }, { status: 429, durationMs: 1 }));
  metrics.observe(request({ isClientGone: true }, { status: 499, durationMs: 2 }));
  metrics.observe({ ...request(), inference: null });
  const [line] = parsed(metrics.take(settings, idle, nowMs));
  expect([line!['RequestCount'], line!['ErrorCount']]).toEqual([5, 3]);
  // Refusals and clients that left say nothing of how long answers take.
  expect(line!['RequestLatency']).toEqual([812.35, 812.35]);
});

test('the time to the first ready engine is told once', () => {
  let uptimeMs = 183_456;
  const metrics = new EmfMetrics(() => uptimeMs);
  const before = parsed(metrics.take(settings, idle, nowMs))[0]!;
  expect(before).not.toHaveProperty('EngineReadySeconds');
  metrics.engineReady();
  uptimeMs = 190_000;
  const ready = { ...idle, isEngineReady: true };
  const first = parsed(metrics.take(settings, ready, nowMs))[0]!;
  expect([first['EngineReady'], first['EngineReadySeconds']]).toEqual([1, 183.46]);
  metrics.engineReady();
  expect(parsed(metrics.take(settings, ready, nowMs))[0]).not.toHaveProperty('EngineReadySeconds');
});

test('an engine whose coming nobody told counts from the line on', () => {
  const metrics = new EmfMetrics(() => 7_000);
  expect(parsed(metrics.take(settings, { ...idle, isEngineReady: true }, nowMs))[0]!['EngineReadySeconds']).toBe(7);
});

test('law: every value stands in exactly one line, in order, and sums in the first alone', () => {
  const requests = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 100_000 }), isStreaming: fc.boolean() }), {
    maxLength: 350,
  });
  fc.assert(
    fc.property(requests, (given) => {
      const metrics = new EmfMetrics(() => 0);
      for (const { ms, isStreaming } of given)
        metrics.observe(request({ isStreaming, firstByteMs: isStreaming ? ms : null, usage }, { durationMs: ms }));
      const lines = parsed(metrics.take(settings, idle, nowMs));
      expect(lines.flatMap((line) => line['RequestLatency'] ?? [])).toEqual(given.map(({ ms }) => ms));
      expect(lines.flatMap((line) => line['TimeToFirstToken'] ?? [])).toEqual(
        given.filter(({ isStreaming }) => isStreaming).map(({ ms }) => ms),
      );
      expect(lines).toHaveLength(Math.max(1, Math.ceil(given.length / 100)));
      for (const name of ['RequestCount', 'TokensIn', 'QueueDepth'])
        expect(lines.filter((line) => name in line).length, name).toBe(1);
    }),
  );
});
