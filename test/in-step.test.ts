import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configurationTable, renderPage } from '../scripts/configuration-reference.ts';
import { configJsonSchema } from '../src/config/load.ts';
import { catalogue } from '../src/errors.ts';
import { call } from './support/client.ts';
import { FakeUpstream } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const page = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');

/** The rows of a page's table under a head that begins with this cell. */
function table(text: string, firstCell: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${firstCell} |`));
  expect(head).not.toBe(-1);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end === -1 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}
const code = (cell: string | undefined) => cell?.replaceAll('`', '');

test('docs/errors.md has exactly the rows of the catalogue', () => {
  const written = table(page('errors.md'), 'code').map(([name, status, type, retried, advice]) => {
    expect(advice).toMatch(/\S/);
    return { code: code(name), status: Number(status), type: code(type), retryable: retried === 'yes' };
  });
  expect(written).toEqual(Object.entries(catalogue).map(([name, row]) => ({ code: name, ...row })));
});

test('docs/configuration.md has every key of the schema with its default', () => {
  expect(renderPage(page('configuration.md'))).toBe(page('configuration.md'));
  const rows = new Map(table(page('configuration.md'), 'key').map(([key, , value]) => [code(key), value]));
  let count = 0;
  const walk = (node: { properties?: Record<string, never>; items?: never }, path: string): void => {
    for (const [name, child] of Object.entries(node.properties ?? {}) as [
      string,
      { properties?: Record<string, never>; items?: never; default?: unknown },
    ][]) {
      if (child.properties !== undefined) {
        walk(child, `${path}${name}.`);
        continue;
      }
      count++;
      expect(rows.has(path + name), path + name).toBe(true);
      if (child.default !== undefined) expect(rows.get(path + name)).toBe(`\`${JSON.stringify(child.default)}\``);
      if (child.items !== undefined) walk(child.items, `${path}${name}[].`);
    }
  };
  walk(configJsonSchema() as never, '');
  expect(rows.size).toBe(count);
  expect(configurationTable().split('\n')).toHaveLength(count + 2);
});

describe('docs/metrics.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-in-step-'));
  const headers = { authorization: 'Bearer sk-in-step-in-step' };
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await FakeUpstream.start();
    const price = { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 1 };
    gateway = await startGateway(
      {
        models: [{ name: 'm', price, backends: [{ provider: 'openai', baseUrl: upstream.baseUrl, maxInFlight: 8 }] }],
        metrics: { auth: 'none' },
        guardrails: [
          { name: 'finds', kind: 'pii', mode: 'input', detectors: [{ kind: 'email' }] },
          { name: 'fails', kind: 'webhook', mode: 'input', url: 'http://127.0.0.1:1/check', onError: 'open' },
        ],
      },
      { SLUICE_MASTER_KEY: 'sk-in-step-in-step', SLUICE_DATA: folder },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has exactly the metrics that there are, with type and labels', async () => {
    upstream.next((exchange) => exchange.raw('', 500));
    const body = { model: 'm', messages: [{ role: 'user', content: 'to jane@example.com' }], stream: true };
    await call(`${gateway.url}/v1/chat/completions`, { body, headers });
    await call(`${gateway.url}/v1/chat/completions`, { body, headers });
    const { text } = await call(`${gateway.url}/metrics`);
    const types = new Map([...text.matchAll(/^# TYPE ((?:gen_ai|sluice)_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
    const rows = table(page('metrics.md'), 'metric');
    expect(new Map(rows.map(([name, type]) => [code(name), type]))).toEqual(types);
    const genAi = ['gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_response_model', 'gen_ai_provider_name'];
    for (const [name, , labels = ''] of rows) {
      const line = new RegExp(`^${code(name)}(?:_sum|_count)?(?:\\{(.*)\\})? `, 'm').exec(text);
      expect(line, code(name)).not.toBeNull();
      const found = [...(line![1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label!);
      const written = labels
        .split(',')
        .flatMap((label) => (label.trim() === 'gen_ai' ? genAi : label.trim() === '' ? [] : [code(label.trim())!]));
      expect(found.sort(), code(name)).toEqual(written.sort());
    }
  });
});
