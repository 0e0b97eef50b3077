import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { callsOf, makeHostRoot } from './host-root.ts';

const file = 'etc/llm/keys.yaml';
const keys = 'keys:\n  - name: demo\n    hash: sha256:abc\n';

function rootWithSecret(secret: string) {
  const root = makeHostRoot();
  root.write('secret', secret);
  root.stub('aws', 'cat "$LLM_ROOT/secret"');
  return root;
}

test('the secret is written where the gateway, and nobody else, can read it', async () => {
  const root = rootWithSecret(keys);
  const result = await root.run('llm-keys');
  expect(result.status).toBe(0);
  expect(root.read(file)).toBe(keys);
  expect(statSync(root.path(file)).mode & 0o777).toBe(0o640);
  expect(callsOf(result, 'chgrp')).toEqual([`chgrp 10001 ${root.path('etc/llm/.keys.yaml.new')}`]);
  expect(callsOf(result, 'aws')).toEqual([
    'aws secretsmanager get-secret-value --region us-east-1 --secret-id arn:aws:secretsmanager:us-east-1:111122223333:secret:llm-dev-gpu-keys-AbCdEf --query SecretString --output text',
  ]);
  expect(result.log).not.toContain('sha256:abc');
});

test('the file is replaced whole: whoever has the old one open keeps it', async () => {
  const root = rootWithSecret(keys);
  await root.run('llm-keys');
  const before = statSync(root.path(file)).ino;
  root.write('secret', keys.replace('demo', 'other'));
  await root.run('llm-keys');
  expect(statSync(root.path(file)).ino).not.toBe(before);
  expect(root.read(file)).toContain('other');
});

test('an unchanged secret leaves the file alone', async () => {
  const root = rootWithSecret(keys);
  await root.run('llm-keys');
  const before = statSync(root.path(file));
  const result = await root.run('llm-keys');
  expect(result.status).toBe(0);
  expect(statSync(root.path(file)).ino).toBe(before.ino);
  expect(result.log).toBe('');
});

test.each([
  ['is empty', 'cat /dev/null', 'holds no keys: list'],
  ['has no text', 'echo None', 'holds no keys: list'],
  ['is no list of keys', 'echo \'{"api_key": "sk-1"}\'', 'holds no keys: list'],
  ['may not be read', 'echo "AccessDeniedException" >&2; exit 254', 'cannot be read'],
  ['breaks off', 'echo "keys:"; exit 255', 'cannot be read'],
])('a secret that %s changes nothing', async (_, body, message) => {
  const root = rootWithSecret(keys);
  root.stub('aws', body);
  const first = await root.run('llm-keys');
  expect(first.status).toBe(1);
  expect(first.log).toContain(`${message}; there are no keys yet`);
  expect(root.exists(file)).toBe(false);
  root.write(file, keys);
  const second = await root.run('llm-keys');
  expect(second.status).toBe(1);
  expect(second.log).toContain('the keys of before stay');
  expect(second.log).not.toContain('sk-1');
  expect(root.read(file)).toBe(keys);
  expect(root.exists('etc/llm/.keys.yaml.new')).toBe(false);
});

test.each(['{"keys": []}', '{\n  "keys": [{ "name": "demo" }]\n}', 'keys: []\n', '# rotated in May\nkeys:\n'])(
  'JSON and comments are YAML too: %j',
  async (text) => {
    const root = rootWithSecret(text);
    expect((await root.run('llm-keys')).status).toBe(0);
    expect(root.read(file)).toBe(text);
  },
);

test('without a secret there is nothing to do', async () => {
  const root = rootWithSecret(keys);
  const result = await root.run('llm-keys', { LLM_KEYS_SECRET_ARN: '' });
  expect(result).toEqual({ status: 0, log: '', calls: [] });
});
