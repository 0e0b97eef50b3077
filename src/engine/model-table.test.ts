import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeSource, knownModels, unknownModelMessage } from './model-table.ts';
import { formatBytes } from './progress.ts';

test('every model has a name of its own, and sources that read alike are the same', () => {
  expect(new Set(knownModels.map(({ name }) => name)).size).toBe(knownModels.length);
  const sources = knownModels.flatMap((model) => model.sources.map(describeSource));
  expect(new Set(sources).size).toBe(sources.length);
  for (const model of knownModels) expect(model.memoryBytes).toBeGreaterThan(model.sizeBytes);
});

test('the nearest name is suggested, also for the beginning of one, and none for what is far from all', () => {
  expect(unknownModelMessage('smolm2-135m-instruct')).toContain('Did you mean "smollm2-135m-instruct"?');
  expect(unknownModelMessage('qwen2.5-1.5')).toContain('Did you mean "qwen2.5-1.5b-instruct"?');
  expect(unknownModelMessage('gpt-99')).not.toContain('Did you mean');
});

test('docs/models.md has the same table', async () => {
  const page = await readFile(new URL('../../docs/models.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)`(?: \(default\))? \| (.+) \| (.+) \| (.+) \| ([\d,]+) \|$/gm)].map((match) =>
    match.slice(1),
  );
  expect(rows).toEqual(
    knownModels.map(({ name, sizeBytes, memoryBytes, licence, contextTokens }) => [
      name,
      formatBytes(sizeBytes),
      formatBytes(memoryBytes),
      licence,
      contextTokens.toLocaleString('en'),
    ]),
  );
});
