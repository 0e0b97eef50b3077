import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const isTest = (path: string) => /\.test\.ts$|\/testing(\.ts$|\/)|test-child\.ts$/.test(path);

/** Every source file by its path in the repository, tests and their helpers apart. */
const sources = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !isTest(path))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')] as const),
);

/** What a file imports: paths in the repository, or names of packages. */
function importsOf(path: string, text: string): string[] {
  const found = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target]) => target!);
  return found.map((target) => (target.startsWith('.') ? posix.join(dirname(path), target) : target));
}

/** `src/core/route.ts` -> `core`, `src/errors.ts` -> `errors`. */
const partOf = (path: string) => /^src\/([^/.]+)/.exec(path)![1]!;

/** Each part, and the parts that it may import besides itself. ARCHITECTURE.md says the same in words. */
const allowed: Record<string, readonly string[]> = {
  errors: [],
  version: [],
  tokens: [],
  money: [],
  wire: ['errors'],
  transport: ['errors'],
  limits: ['errors'],
  providers: ['errors', 'wire', 'transport'],
  guardrails: ['errors', 'wire', 'transport', 'providers'],
  telemetry: ['errors', 'wire', 'transport', 'providers'],
  config: ['errors', 'wire', 'providers', 'money'],
  core: ['errors', 'wire', 'transport', 'providers', 'telemetry', 'money', 'limits', 'guardrails'],
  store: ['errors', 'money', 'core'],
  keys: ['errors', 'money', 'core', 'store', 'config'],
  ledger: ['errors', 'money', 'core', 'store'],
  admin: ['errors', 'wire', 'money', 'limits', 'core', 'store', 'keys', 'ledger'],
  http: ['errors', 'wire', 'transport', 'providers', 'telemetry', 'money', 'core', 'admin'],
  // The engine's child speaks the public wire.
  engine: ['errors', 'wire', 'transport', 'config'],
  tofu: ['errors', 'config'],
  cost: ['errors', 'transport', 'config', 'tofu'],
  migrate: ['errors', 'money', 'core', 'store', 'keys', 'config'],
  deploy: ['errors', 'transport', 'config', 'tofu', 'cost'],
  server: [
    'errors',
    'wire',
    'transport',
    'providers',
    'telemetry',
    'config',
    'tokens',
    'money',
    'limits',
    'guardrails',
    'core',
    'store',
    'keys',
    'ledger',
    'admin',
    'http',
    'engine',
    'version',
  ],
  cli: [
    'errors',
    'transport',
    'telemetry',
    'config',
    'money',
    'store',
    'keys',
    'engine',
    'tofu',
    'cost',
    'migrate',
    'deploy',
    'server',
    'version',
  ],
  main: ['cli', 'config', 'version'],
};

const files = [...sources.keys()];
const from = (part: string) => files.filter((path) => partOf(path) === part);

describe('who may import whom', () => {
  test.each(Object.entries(allowed))('%s imports only what lies below it', (part, parts) => {
    expect(from(part).length).toBeGreaterThan(0);
    const wrong = from(part).flatMap((path) =>
      importsOf(path, sources.get(path)!)
        .filter((target) => target.startsWith('src/') && partOf(target) !== part && !parts.includes(partOf(target)))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every part has a rule', () => {
    expect([...new Set(files.map(partOf))].filter((part) => allowed[part] === undefined)).toEqual([]);
  });

  test('of the wire, the configuration knows only the words of schema faults; of the providers, only their names', () => {
    const targets = new Set(from('config').flatMap((path) => importsOf(path, sources.get(path)!)));
    expect([...targets].filter((target) => /^src\/(wire|providers)\//.test(target)).sort()).toEqual([
      'src/providers/index.ts',
      'src/wire/parse.ts',
    ]);
  });

  test('only the gateway’s composition root constructs what the core needs', () => {
    const constructors = /\bnew (Inference|Transport|Metrics|HealthChecks|ModelTable)\(/;
    const elsewhere = files.filter((path) => constructors.test(sources.get(path)!) && partOf(path) !== 'server');
    expect(elsewhere.filter((path) => !['cost', 'cli', 'deploy'].includes(partOf(path)))).toEqual([]);
  });

  test('nothing in src imports a test or its helpers, and every relative import ends in .ts', () => {
    const wrong = files.flatMap((path) =>
      importsOf(path, sources.get(path)!)
        .filter(
          (target) =>
            /^(src|test|web|bench)\//.test(target) &&
            (!/\.(ts|json)$/.test(target) || isTest(target) || !target.startsWith('src/')),
        )
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('nobody imports in a circle', () => {
    const graph = new Map(
      files.map((path) => [path, importsOf(path, withoutTypes(sources.get(path)!)).filter((target) => sources.has(target))]),
    );
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of files) visit(path, []);
    expect(circles).toEqual([]);
  });
});

/** Files whose text matches. Comments count: what they name, somebody will look for. */
const matching = (pattern: RegExp, among: readonly string[] = files) => among.filter((path) => pattern.test(sources.get(path)!));

/** Imports of types leave nothing behind when the program runs. */
function withoutTypes(text: string): string {
  return text.replace(/^import type [\s\S]*?;$/gm, '');
}

describe('what only some may do', () => {
  test('the process environment is read by the command line and handed down', () => {
    const readers = matching(/process\.env\b(?!`)/).filter((path) => partOf(path) !== 'cli' && path !== 'src/main.ts');
    expect(readers).toEqual([]);
  });

  test('child processes belong to the engine, and to what runs OpenTofu', () => {
    const starters = matching(/node:child_process/).map(partOf);
    expect(starters.filter((part) => part !== 'engine' && part !== 'tofu')).toEqual([]);
  });

  test('nobody uses the global fetch, and only the transport and the engine’s downloads use undici', () => {
    expect(matching(/(?<![\w.#])fetch\(/)).toEqual([]);
    expect(matching(/from 'undici'/).filter((path) => !['transport', 'engine', 'cost'].includes(partOf(path)))).toEqual([]);
  });

  test('core and http name no vendor and no engine', () => {
    const vendors = /vllm|ollama|llama|anthropic|bedrock|mistral|gemini|azure|'openai'/i;
    expect(matching(vendors, [...from('core'), ...from('http')])).toEqual([]);
    // Whose contract the headers and the admin API keep may be said where they are written.
    expect(matching(/litellm/i, from('core'))).toEqual([]);
  });

  test('core knows no HTTP framework, no SQL, no clock and no chance of its own', () => {
    expect(matching(/fastify|node:http|from 'pg'|Date\.now|performance\.now|Math\.random/, from('core'))).toEqual([]);
  });

  test('nobody prints but the command line and the log', () => {
    const printers = matching(/console\.|process\.(stdout|stderr)\.write/).filter(
      (path) => !['cli', 'telemetry', 'engine', 'cost'].includes(partOf(path)),
    );
    expect(printers).toEqual([]);
  });
});

test('the map of ARCHITECTURE.md has every part', () => {
  const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const parts = [...new Set(files.map(partOf))].filter((part) => part !== 'version');
  expect(parts.filter((part) => !new RegExp(`^ {2}${part}(/|\\.ts) `, 'm').test(map))).toEqual([]);
});
