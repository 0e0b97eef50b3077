import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from './config-error.ts';
import { configJsonSchema, findConfigFile, loadConfig, parseConfig } from './load.ts';
import { nearest } from './nearest.ts';
import { Secret } from './secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is wrong in a text, one line each. */
function faults(text: string, variables: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, 'sluice.yaml', variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const withBackend = (lines: string) => `models:\n  - name: m\n    backends:\n      - provider: openai\n${lines}`;
const backendOf = (lines: string, variables: Record<string, string> = {}) =>
  parseConfig(withBackend(lines), 'sluice.yaml', variables).models![0]!.backends[0]!;

describe('a configuration', () => {
  test('may be absent, empty or only comments: everything has a default', () => {
    const defaults = loadConfig(null, {});
    for (const text of ['', '\n', '# nothing\n', '{}', '---\n', 'null']) expect(parseConfig(text, 'x', {})).toEqual(defaults);
    expect(defaults.server).toMatchObject({ host: '127.0.0.1', port: 8000 });
    expect(defaults.models).toBeUndefined();
  });

  test('cannot be changed once it is read', () => {
    const config = parseConfig(withBackend(''), 'x', {});
    expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError);
    expect(() => (config.models![0]!.backends as unknown[]).push(1)).toThrow(TypeError);
  });

  test.each([
    ['server:\n  prot: 1\n', 'sluice.yaml:2  server.prot: unknown key; did you mean "port"?'],
    ['\n\nsever: {}\n', 'sluice.yaml:3  sever: unknown key; did you mean "server"?'],
    [
      withBackend('        baseURL: http://x/v1\n'),
      'sluice.yaml:5  models[0].backends[0].baseURL: unknown key; did you mean "baseUrl"?',
    ],
    [withBackend('        api_key: x\n'), 'sluice.yaml:5  models[0].backends[0].api_key: unknown key; did you mean "apiKey"?'],
    [withBackend('    timeout_ms: 5\n'), 'sluice.yaml:5  models[0].timeout_ms: unknown key; did you mean "timeoutMs"?'],
    ['logging: { zzzzzzzz: 1 }', 'sluice.yaml:1  logging.zzzzzzzz: unknown key'],
    ['server:\n  port: "8000"\n', 'sluice.yaml:2  server.port: '],
    ['server:\n  port: 70000\n', 'sluice.yaml:2  server.port: '],
    ['server:\n\n  port: 1.5\n', 'sluice.yaml:3  server.port: '],
    ['models: []\n', 'sluice.yaml:1  models: needs at least one model'],
    ['models:\n  - name: m\n    backends: []\n', 'sluice.yaml:3  models[0].backends: needs at least one backend'],
    ['models:\n  - name: m\n', 'sluice.yaml:2  models[0].backends: '],
    ['models:\n  - { name: m, backends: [{ provider: opnai }] }\n', 'sluice.yaml:2  models[0].backends[0].provider: '],
    [withBackend('        baseUrl: ftp://x\n'), 'sluice.yaml:5  models[0].backends[0].baseUrl: '],
    [withBackend('        baseUrl: http://user:pass@x/v1\n'), 'sluice.yaml:5  models[0].backends[0].baseUrl: '],
    [withBackend('        baseUrl: http://x/v1?api-version=1\n'), 'sluice.yaml:5  models[0].backends[0].baseUrl: '],
    [withBackend('        apiKey: "a\\nb"\n'), 'sluice.yaml:5  models[0].backends[0].apiKey: '],
    [withBackend('        headers: { "X Y": z }\n'), 'sluice.yaml:5  models[0].backends[0].headers'],
    [withBackend('        headers: { x-y: "a\\r\\nb" }\n'), 'sluice.yaml:5  models[0].backends[0].headers.x-y: '],
    [withBackend('    fallbacks: [nobody]\n'), 'sluice.yaml:5  models[0].fallbacks[0]: there is no model "nobody"'],
    [withBackend('    fallbacks: [m]\n'), 'sluice.yaml:5  models[0].fallbacks[0]: '],
    [withBackend('    aliases: [m]\n'), 'sluice.yaml:5  models[0].aliases[0]: "m" already names models[0]'],
    ['cors: { origins: ["https://*.example"] }\n', 'sluice.yaml:1  cors.origins[0]: must be an origin'],
    ['cors:\n  origins:\n    - https://page.example/\n', 'sluice.yaml:3  cors.origins[0]: must be an origin'],
    ['server: { allowedHosts: ["gateway.example:8000"] }\n', 'sluice.yaml:1  server.allowedHosts[0]: must be a host name'],
    [
      'models:\n  - { name: m, timeoutMs: 3000000000, backends: [{ provider: openai }] }\n',
      'sluice.yaml:2  models[0].timeoutMs: ',
    ],
    [
      'models:\n  - name: m\n    backends:\n      - provider: embedded\n        model: other\n',
      'sluice.yaml:5  models[0].backends[0].model: has no meaning for the embedded engine',
    ],
    ['- a\n- b\n', 'sluice.yaml:1  '],
    ['hello\n', 'sluice.yaml:1  '],
    ['server: { port: 1\n', 'sluice.yaml:'],
    ['server:\n  port: 1\n  port: 2\n', 'sluice.yaml:3  '],
    ['a: *nowhere\n', 'sluice.yaml:1  '],
    ['server:\n\tport: 1\n', 'sluice.yaml:2  '],
    ['server: {}\n---\nserver: {}\n', 'sluice.yaml:'],
  ])('%j is refused with its place: %s', (text, line) => {
    const found = faults(text);
    expect(
      found.some((fault) => fault.startsWith(line)),
      found.join('\n'),
    ).toBe(true);
  });

  test('names everything that is wrong at once', () => {
    expect(faults('server:\n  prot: 1\n  port: x\nloging: {}\nmodels:\n  - nam: m\n').length).toBeGreaterThanOrEqual(4);
  });

  test('that blows itself up by aliases is refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[at]}`).join(',')}]`),
    ];
    expect(faults(bomb.join('\n')).length).toBeGreaterThan(0);
  });

  test('never falls over on text of any kind: it is good, or refused with reasons', () => {
    const piece = fc.constantFrom(
      'server',
      'models',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&a ',
      '*a',
      '${X}',
      '$${',
      '${',
      '|',
      '>',
      '#',
      '\t',
      '1',
      'null',
      '!!',
      '%',
      '@',
      '`',
      '?',
      '---',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 25 }).map((parts) => parts.join('')),
        ),
        (text) => {
          for (const fault of faults(text, { X: '*y' })) expect(fault).toMatch(/^sluice\.yaml(:\d+)? {2}\S|^\s/);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('takes origins and host names as they are sent', () => {
    const origins = ['https://page.example', 'http://localhost:5173', 'http://[::1]:80', 'chrome-extension://abcdef'];
    const allowedHosts = ['gateway.example', 'Gateway', '10.0.0.1', '[fe80::1]'];
    expect(parseConfig(stringify({ cors: { origins }, server: { allowedHosts } }), 'x', {})).toMatchObject({
      cors: { origins },
      server: { allowedHosts },
    });
  });

  test('round-trips whatever good values are written', () => {
    const model = fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,20}$/),
      weight: fc.integer({ min: 0, max: 1000 }),
      timeoutMs: fc.integer({ min: 1, max: 1e9 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(model, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }), (models) => {
        const text = stringify({
          models: models.map(({ name, weight, timeoutMs }) => ({ name, timeoutMs, backends: [{ provider: 'openai', weight }] })),
        });
        const config = parseConfig(text, 'x', {});
        expect(config.models!.map(({ name, timeoutMs, backends }) => ({ name, timeoutMs, weight: backends[0]!.weight }))).toEqual(
          models.map(({ name, weight, timeoutMs }) => ({ name, timeoutMs, weight })),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('references to the environment', () => {
  test('stand in any value, with defaults, several in one, and escaped', () => {
    const variables = { A: 'one', B: 'two', EMPTY: '' };
    const model = (value: string) => backendOf(`        model: ${value}\n`, variables).model;
    expect(model('${A}')).toBe('one');
    expect(model('"${A}"')).toBe('one');
    expect(model('x-${A}-${B}-y')).toBe('x-one-two-y');
    expect(model('${C:-three}')).toBe('three');
    expect(model('${A:-three}')).toBe('one');
    expect(model('${EMPTY:-three}')).toBe('three');
    expect(model('$${A}')).toBe('${A}');
    expect(model('$A')).toBe('$A');
    expect(model('${C:-a:b/c d}')).toBe('a:b/c d');
  });

  test('are numbers and booleans where those are wanted, and text where text is wanted', () => {
    const variables = { PORT: '9000', KEY: '123456', FLAG: 'true', HEX: '0x10' };
    const config = parseConfig('server:\n  port: ${PORT}\nengine:\n  allowDownload: ${FLAG}\n', 'x', variables);
    expect([config.server.port, config.engine.allowDownload]).toEqual([9000, true]);
    expect(parseConfig('server: { port: "${PORT}" }', 'x', variables).server.port).toBe(9000);
    const backend = backendOf('        apiKey: ${KEY}\n        model: ${FLAG}\n        headers: { x: "${PORT}" }\n', variables);
    expect([backend.apiKey!.reveal(), backend.model, backend.headers['x']!.reveal()]).toEqual(['123456', 'true', '9000']);
    expect(faults('server:\n  port: ${HEX}x\n', variables)[0]).toContain('sluice.yaml:2  server.port');
  });

  test('give any text unchanged, whatever it would mean in YAML', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(
            '*abc',
            '&a',
            '{x',
            '[',
            '"',
            "'",
            '@x',
            '`',
            '%',
            '!tag',
            '- a',
            'a: b',
            '#x',
            '|',
            'null',
            '~',
            '1e5',
            '0x1F',
          ),
          fc.stringMatching(/^[\x21-\x7e]{1,30}$/),
        ),
        (value) => {
          expect(backendOf('        apiKey: ${KEY}\n', { KEY: value }).apiKey!.reveal()).toBe(value);
        },
      ),
    );
  });

  test('that are not set are refused with their line, all of them', () => {
    expect(faults('server:\n  host: ${NOPE}\nlogging:\n  level: ${NADA}\n')).toEqual([
      expect.stringMatching(/^sluice\.yaml:2 {2}.*NOPE is not set/),
      expect.stringMatching(/^sluice\.yaml:4 {2}.*NADA is not set/),
    ]);
  });

  test('that are misspelt are refused, not taken for text', () => {
    for (const value of ['${OPENAI-KEY}', '${}', '${A', '${1A}', '${A:=x}']) {
      expect(faults(withBackend(`        apiKey: "${value}"\n`), { A: 'x' })[0], value).toMatch(/^sluice\.yaml:5 {2}/);
    }
  });

  test('never show a value in a message', () => {
    const variables = { KEY: 'canary-value' };
    for (const text of ['server: { port: "${KEY}" }', 'logging: { level: "${KEY}" }', withBackend('        baseUrl: ${KEY}\n')]) {
      expect(faults(text, variables).join()).not.toContain('canary');
    }
  });
});

describe('a secret', () => {
  test('shows in no way of printing, alone or inside of a configuration', () => {
    const secret = new Secret('canary-value');
    const config = parseConfig(withBackend('        apiKey: canary-value\n        headers: { x-key: canary-value }\n'), 'x', {});
    for (const value of [secret, { secret }, [secret], config]) {
      const shown = [
        JSON.stringify(value),
        inspect(value, { depth: 20, showHidden: true }),
        `${String(value)}`,
        Object.entries(value).join(),
      ];
      expect(shown.join()).not.toContain('canary');
    }
    expect(JSON.stringify({ secret })).toBe('{"secret":"***"}');
    expect(`${secret}${secret as unknown as string}`).toBe('******');
    expect(secret.reveal()).toBe('canary-value');
  });
});

describe('the file', () => {
  test('is the one named, else sluice.yaml, else sluice.yml, else none', () => {
    expect(findConfigFile(undefined, folder)).toBeNull();
    writeFileSync(join(folder, 'sluice.yml'), '');
    expect(findConfigFile(undefined, folder)).toBe(join(folder, 'sluice.yml'));
    writeFileSync(join(folder, 'sluice.yaml'), '');
    expect(findConfigFile(undefined, folder)).toBe(join(folder, 'sluice.yaml'));
    expect(findConfigFile('other.yaml', folder)).toBe(join(folder, 'other.yaml'));
  });

  test('that is not there or no file is told as such', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(/none\.yaml.*no such file/);
    expect(() => loadConfig(folder, {})).toThrow(ConfigError);
  });
});

describe('the nearest key', () => {
  test('is itself for an exact name, and found through one wrong letter, case and separators', () => {
    const keys = ['timeoutMs', 'baseUrl', 'apiKey', 'weight', 'model'];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(), fc.constantFrom('x', '', '_', 'Q'), (key, at, letter) => {
        const place = at % key.length;
        expect(nearest(key, keys)).toBe(key);
        expect(nearest(key.slice(0, place) + letter + key.slice(place + 1), keys)).toBe(key);
        expect(nearest(key.toUpperCase(), keys)).toBe(key);
        expect(
          nearest(
            key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
            keys,
          ),
        ).toBe(key);
      }),
    );
    expect(nearest('somethingelse', keys)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});

test('the JSON Schema describes every key: descriptions, defaults, and no key besides', () => {
  const schema = configJsonSchema();
  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  const seen: string[] = [];
  const walk = (node: Record<string, unknown>, path: string) => {
    if (node['type'] === 'object' && node['properties'] !== undefined) {
      expect(node['additionalProperties'], path).toBe(false);
      for (const [key, child] of Object.entries(node['properties'] as Record<string, Record<string, unknown>>)) {
        seen.push(path + key);
        const isLeaf = child['properties'] === undefined;
        if (isLeaf) expect(child['description'], path + key).toMatch(/\S/);
        walk(child, `${path}${key}.`);
      }
    }
    if (node['items'] !== undefined) walk(node['items'] as Record<string, unknown>, `${path}[].`);
  };
  walk(schema, '');
  expect(seen).toEqual(
    expect.arrayContaining(['server.port', 'models.[].backends.[].apiKey', 'routing.retries', 'cors.origins', 'engine.model']),
  );
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});
