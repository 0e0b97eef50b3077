import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';
import { watchConfig } from './watch.ts';

let folder: string;
let path: string;
let stop: () => void;
const news: (Config | Error)[] = [];
let wake: () => void = () => undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  path = join(folder, 'sluice.yaml');
  news.length = 0;
  stop = () => undefined;
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

const text = (level: string, key = 'k') =>
  `logging: { level: ${level} }\nmodels: [{ name: m, backends: [{ provider: openai, apiKey: ${key} }] }]\n`;

function watch(onConfig: (config: Config) => void = () => undefined): void {
  const tell = (item: Config | Error) => {
    news.push(item);
    wake();
  };
  stop = watchConfig(
    { path, config: loadConfig(path, {}) },
    {},
    {
      onConfig: (config) => {
        onConfig(config);
        tell(config);
      },
      onFault: tell,
    },
  );
}

async function next(count: number): Promise<Config | Error> {
  while (news.length < count) await new Promise<void>((resolve) => (wake = resolve));
  return news[count - 1]!;
}

const levelOf = (item: Config | Error) => (item instanceof Error ? item.message : item.logging.level);

test('a file written in place, replaced by an editor, or by way of a backup is read anew', async () => {
  writeFileSync(path, text('info'));
  watch();
  writeFileSync(path, text('warn'));
  expect(levelOf(await next(1))).toBe('warn');
  writeFileSync(join(folder, '.sluice.yaml.swp'), text('error'));
  renameSync(join(folder, '.sluice.yaml.swp'), path);
  expect(levelOf(await next(2))).toBe('error');
  renameSync(path, `${path}~`);
  writeFileSync(path, text('debug'));
  expect(levelOf(await next(3))).toBe('debug');
});

test('a ConfigMap that swaps its links is read anew', async () => {
  for (const [version, level] of [
    ['..1', 'info'],
    ['..2', 'warn'],
  ] as const) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'sluice.yaml'), text(level));
  }
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync('..data/sluice.yaml', path);
  watch();
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  expect(levelOf(await next(1))).toBe('warn');
});

test('a bad file is told with its line, and the next good one is taken', async () => {
  writeFileSync(path, text('info'));
  watch();
  writeFileSync(path, `${text('info')}sever: {}\n`);
  expect(levelOf(await next(1))).toContain('sluice.yaml:3  sever: unknown key; did you mean "server"?');
  rmSync(path);
  expect(levelOf(await next(2))).toContain('no such file');
  writeFileSync(path, text('info'));
  expect(levelOf(await next(3))).toBe('info');
});

test('a changed secret is a change, a touched file and a changed comment are none', async () => {
  writeFileSync(path, text('info', 'one'));
  watch();
  writeFileSync(path, text('info', 'one'));
  writeFileSync(path, `# a comment\n${text('info', 'one')}`);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(news).toEqual([]);
  writeFileSync(path, text('info', 'two'));
  const config = (await next(1)) as Config;
  expect(config.models![0]!.backends[0]!.apiKey!.reveal()).toBe('two');
});

test('a change made before the watching began is found', async () => {
  writeFileSync(path, text('info'));
  const config = loadConfig(path, {});
  writeFileSync(path, text('warn'));
  const found = new Promise<Config>((resolve, reject) => {
    stop = watchConfig({ path, config }, {}, { onConfig: resolve, onFault: reject });
  });
  expect(levelOf(await found)).toBe('warn');
});

test('a place that cannot be watched is told, and stops nothing', async () => {
  const config = loadConfig(null, {});
  stop = watchConfig(
    { path: join(folder, 'none', 'sluice.yaml'), config },
    {},
    { onConfig: () => undefined, onFault: (error) => news.push(error) },
  );
  expect(levelOf(news[0]!)).toContain('cannot be watched');
});

test('what the taker refuses is told as a fault', async () => {
  writeFileSync(path, text('info'));
  watch(() => {
    throw new Error('not like this');
  });
  writeFileSync(path, text('warn'));
  expect(levelOf(await next(1))).toBe('not like this');
});

test('a file that LiteLLM’s form includes from another folder is watched too', async () => {
  const other = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  try {
    const models = join(other, 'models.yaml');
    const model = (name: string) =>
      `model_list: [{ model_name: ${name}, litellm_params: { model: openai/x, api_base: "http://127.0.0.1:1/v1" } }]\n`;
    writeFileSync(models, model('a'));
    writeFileSync(path, `include: [${models}]\ngeneral_settings: { alerting: [slack] }\n`);
    const warned: string[] = [];
    let tell: (name: string | undefined) => void = () => undefined;
    const next = () => new Promise<string | undefined>((resolve) => (tell = resolve));
    const first = next();
    stop = watchConfig(
      { path, config: loadConfig(null, {}) },
      {},
      {
        onConfig: (config, _started, warnings) => {
          warned.push(...warnings.map((warning) => warning.path));
          tell(config.models?.[0]?.name);
        },
        onFault: (error) => tell(error.message),
      },
    );
    expect(await first).toBe('a');
    const second = next();
    writeFileSync(models, model('b'));
    expect(await second).toBe('b');
    expect(warned).toEqual(['general_settings.alerting', 'general_settings.alerting']);
  } finally {
    rmSync(other, { recursive: true });
  }
});
