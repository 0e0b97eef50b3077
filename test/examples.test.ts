import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfig } from '../src/config/load.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Pages and example files that may hold a configuration. */
const paths = ['docs', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
);
const pages = ['README.md', ...paths.filter((path) => path.endsWith('.md'))];

/** Every block of a page that is marked as YAML, and whole files. */
const examples = [
  ...pages.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^```ya?ml\n(.*?)^```$/gms)].map(
      ([, text = ''], index) => [`${path}, block ${index + 1}`, text] as const,
    ),
  ),
  ...paths
    .filter((path) => /\/(sluice|litellm)\.yaml$/.test(path))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')] as const),
];

/** What the examples take from the environment; what they name and is not here is a slip. */
const variables = {
  SLUICE_MASTER_KEY: 'sk-master-key-of-the-examples',
  LITELLM_MASTER_KEY: 'sk-master-key-of-the-examples',
  OPENAI_API_KEY: 'sk-openai-key-of-the-examples',
  NIGHTLY_EVALS_KEY: 'sk-nightly-key-of-the-examples',
  DATABASE_URL: 'postgres://sluice@localhost/sluice',
  REDIS_URL: 'redis://localhost:6379',
  VLLM_KEY: 'of-the-examples',
  GUARD_TOKEN: 'of-the-examples',
};

test('there are examples to try', () => {
  expect(examples.map(([where]) => where)).toEqual(
    expect.arrayContaining(['README.md, block 1', 'docs/configuration.md, block 2', 'examples/fargate-pii/sluice.yaml']),
  );
});

test.each(examples)('%s is a good configuration', (where, text) => {
  // A part of a configuration stands on its own once there is a model.
  const whole = /^(models|model_list):/m.test(text) ? text : `${text}\nmodels: [{ name: m, backends: [{ provider: ollama }] }]\n`;
  expect(() => parseConfig(whole, where, variables)).not.toThrow();
});
