import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PlanSummary } from '../roots/plan-summary.ts';
import { Progress } from '../roots/progress.ts';
import type { Plan, Root } from '../roots/root.ts';
import { newApiKey } from './api-key.ts';
import { applyRoot, refuseLoss, type ApplyOptions } from './apply-root.ts';
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

test('what never was whole may be replaced', () => {
  const link = 'module.api.aws_apigatewayv2_vpc_link.this';
  expect(() => refuseLoss(summary({ replace: [link], halfMade: [link] }), false)).not.toThrow();
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

/** A root whose plans are given, and a person who answers; tells what was done and said. */
function rehearse(plans: Partial<Plan>[], { answer = true, failure }: { answer?: boolean; failure?: Error } = {}) {
  const done: string[] = [];
  const said: string[] = [];
  const root = {
    init: async () => undefined,
    plan: async () => ({ path: 'p', json: '{}', hasChanges: true, ...plans.shift() }),
    adopt: async (addresses: string[]) => void done.push(`adopt ${addresses.join()}`),
    discard: async () => void done.push('discard'),
    apply: async () => {
      done.push('apply');
      if (failure !== undefined) throw failure;
    },
  } as unknown as Root;
  const dialog = {
    say: (line: string) => void said.push(line),
    confirm: async () => {
      done.push('ask');
      return answer;
    },
    ask: async () => '',
  };
  const run = (options: Partial<ApplyOptions> = {}) =>
    applyRoot({ dialog, progress: new Progress(dialog.say) }, root, {
      title: 'x',
      question: 'Go on?',
      isApproved: false,
      allowReplace: false,
      ...options,
    });
  return { run, done, said };
}

const some = { summary: summary({ create: ['aws_x.y'] }) };

test('a plan is applied after a yes, and after a no nothing is; its file goes either way', async () => {
  const yes = rehearse([some]);
  expect(await yes.run()).toBe(true);
  expect(yes.done).toEqual(['ask', 'apply', 'discard']);
  const no = rehearse([some], { answer: false });
  await expect(no.run()).rejects.toThrow('nothing was changed');
  expect(no.done).toEqual(['ask', 'discard']);
});

test('nobody is asked when everything is approved, when only outputs change, or when nothing does', async () => {
  const approved = rehearse([some]);
  await approved.run({ isApproved: true });
  expect(approved.done).toEqual(['apply', 'discard']);
  const outputs = rehearse([{ summary: summary({}) }]);
  await outputs.run();
  expect(outputs.done).toEqual(['apply', 'discard']);
  expect(outputs.said).toContain('  only outputs change');
  const nothing = rehearse([{ summary: summary({}), hasChanges: false }]);
  expect(await nothing.run()).toBe(false);
  expect(nothing.done).toEqual(['discard']);
});

test('what is half made is taken up again by a second plan; what must be whole is made anew', async () => {
  const tainted = [
    'module.load_balancer.aws_lb.this',
    'module.api.aws_apigatewayv2_vpc_link.this',
    'aws_security_group.this["gpu"]',
  ];
  const { run, done, said } = rehearse([{ summary: summary({ replace: tainted, halfMade: tainted }) }, some]);
  await run();
  expect(done).toEqual(['discard', 'adopt module.load_balancer.aws_lb.this', 'ask', 'apply', 'discard']);
  expect(said).toContain('  going on with what a run broke off at: module.load_balancer.aws_lb.this');
});

test('a failed apply is told with what was found out; a plan that is refused is not looked into', async () => {
  const explain = async (error: unknown) => new Error(`${(error as Error).message}, since there is no host`);
  const failed = rehearse([some], { failure: new Error('broken') });
  await expect(failed.run({ explain })).rejects.toThrow('broken, since there is no host');
  expect(failed.done.at(-1)).toBe('discard');
  await expect(rehearse([some], { failure: new Error('broken') }).run()).rejects.toThrow('broken');
  await expect(rehearse([some], { answer: false }).run({ explain })).rejects.toThrow(/^nothing was changed$/);
});
