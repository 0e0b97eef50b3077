import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PlanSummary } from '../roots/plan-summary.ts';
import { newApiKey } from './api-key.ts';
import { refuseLoss } from './apply-root.ts';
import { chooseKeys, refuseEmptyKeys, writtenVersion, type KeysQuestion } from './choose-keys.ts';

const summary = (more: Partial<PlanSummary>): PlanSummary => ({
  create: [],
  update: [],
  replace: [],
  delete: [],
  halfMade: [],
  ...more,
});

test.each([
  'module.api.aws_apigatewayv2_vpc_link.this',
  'module.load_balancer.aws_lb.this',
  'module.load_balancer.aws_lb_target_group.this',
  'module.api.aws_api_gateway_rest_api.this',
  'module.networking.aws_vpc.this',
  'aws_s3_bucket.this',
  'aws_s3_bucket.this["a.b"]',
])('a plan that replaces or deletes %s is refused unless that is meant', (address) => {
  expect(() => refuseLoss(summary({ replace: [address] }), false)).toThrow(`replace or delete ${address}: an outage`);
  expect(() => refuseLoss(summary({ delete: [address] }), false)).toThrow('--allow-replace');
  expect(() => refuseLoss(summary({ replace: [address] }), true)).not.toThrow();
  expect(() => refuseLoss(summary({ create: [address], update: [address] }), false)).not.toThrow();
});

test('what only begins like something precious may be replaced', () => {
  const replace = ['aws_lb_listener.this', 'aws_s3_bucket_policy.this', 'module.networking.aws_vpc_endpoint.s3'];
  expect(() => refuseLoss(summary({ replace }), false)).not.toThrow();
});

const question: KeysQuestion = {
  isRequired: true,
  tfvarsPath: 'dev.tfvars',
  prefix: 'llm-dev-gpu',
  written: null,
  rotateKey: false,
  keysFile: undefined,
  randomBytes: (size) => Buffer.alloc(size, 7),
};

test('a key is 256 bits, and its file holds the hash alone', () => {
  const { key, keysFile } = newApiKey(Buffer.alloc(32, 255), 'ci');
  expect(key).toBe(`sk-${Buffer.alloc(32, 255).toString('base64url')}`);
  expect(parse(keysFile)).toEqual({ keys: [{ hash: createHash('sha256').update(key).digest('hex'), alias: 'ci' }] });
});

test('the first deployment makes a key, the next ones keep it, a rotation makes another', () => {
  const first = chooseKeys(question);
  expect(first).toMatchObject({ version: 1, newKey: expect.stringMatching(/^sk-/) });
  expect(first.file).toContain('llm-dev-gpu-1');
  expect(chooseKeys({ ...question, written: 4 })).toEqual({ newKey: null, file: null, version: 4 });
  expect(chooseKeys({ ...question, written: 4, rotateKey: true })).toMatchObject({ version: 5, newKey: expect.any(String) });
  expect(chooseKeys({ ...question, written: 4, keysFile: 'keys: []' })).toEqual({ newKey: null, file: 'keys: []', version: 5 });
});

test('keys are refused where the topology has none, and two sources of them anywhere', () => {
  expect(chooseKeys({ ...question, isRequired: false })).toEqual({ newKey: null, file: null, version: null });
  expect(() => chooseKeys({ ...question, isRequired: false, rotateKey: true })).toThrow(
    'set api_key_required = true there first',
  );
  expect(() => chooseKeys({ ...question, rotateKey: true, keysFile: 'x' })).toThrow('give one of them');
});

test('the version is what was written, not what was planned', () => {
  const secret = (...instances: Record<string, unknown>[]) => [
    { type: 'aws_secretsmanager_secret_version', name: 'api_keys', instances },
  ];
  expect(writtenVersion(null)).toBeNull();
  expect(writtenVersion([])).toBeNull();
  expect(writtenVersion(secret())).toBeNull();
  expect(writtenVersion(secret({ secret_string_wo_version: 3 }))).toBe(3);
});

test('a secret that would be written without keys is refused: nobody would be let in', () => {
  const address = 'aws_secretsmanager_secret_version.api_keys[0]';
  const kept = { newKey: null, file: null, version: 3 };
  expect(() => refuseEmptyKeys(kept, summary({ create: [address] }))).toThrow('--rotate-key');
  expect(() => refuseEmptyKeys(kept, summary({ replace: [address] }))).toThrow('--keys-file');
  expect(() => refuseEmptyKeys(kept, summary({ delete: [address], create: ['aws_lb.this'] }))).not.toThrow();
  expect(() => refuseEmptyKeys({ ...kept, file: 'keys: []' }, summary({ create: [address] }))).not.toThrow();
  expect(() => refuseEmptyKeys({ ...kept, version: null }, summary({ create: [address] }))).not.toThrow();
});
