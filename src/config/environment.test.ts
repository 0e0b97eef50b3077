import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { readEnvironment } from './environment.ts';

test('empty variables count as unset', () => {
  const { port, host, configPath, isOpen } = readEnvironment({ PORT: '', HOST: '', SLUICE_CONFIG: '', SLUICE_AUTH: '' });
  expect([port, host, configPath, isOpen]).toEqual([undefined, undefined, undefined, false]);
});

test('only SLUICE_AUTH=none opens the gateway', () => {
  expect(['none', 'None', 'true', '1'].map((SLUICE_AUTH) => readEnvironment({ SLUICE_AUTH }).isOpen)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('data lie in SLUICE_DATA, else in the cache folder of the user', () => {
  expect(readEnvironment({ SLUICE_DATA: '/d', XDG_CACHE_HOME: '/x' }).modelDirectory).toBe('/d/models');
  expect(readEnvironment({ XDG_CACHE_HOME: '/x' }).dataDirectory).toBe('/x/sluice');
  expect(readEnvironment({}).dataDirectory).toBe(`${homedir()}/.cache/sluice`);
});

test('OpenTofu is looked for where its documentation says, and its tools are kept in the cache whatever SLUICE_DATA says', () => {
  const { tofu } = readEnvironment({
    PATH: '/a:/b',
    XDG_CACHE_HOME: '/x',
    XDG_DATA_HOME: '/y',
    SLUICE_DATA: '/d',
    SLUICE_TOFU: '/t',
  });
  expect(tofu).toEqual({
    program: '/t',
    providerMirror: undefined,
    cliConfigurations: [`${homedir()}/.tofurc`, `${homedir()}/.terraformrc`],
    searchPath: ['/a', '/b'],
    pluginDirectories: [
      `${homedir()}/.terraform.d/plugins`,
      '/y/opentofu/plugins',
      '/y/terraform/plugins',
      '/usr/local/share/opentofu/plugins',
      '/usr/local/share/terraform/plugins',
      '/usr/share/opentofu/plugins',
      '/usr/share/terraform/plugins',
    ],
    cacheDirectory: '/x/sluice',
  });
  expect(readEnvironment({ TF_CLI_CONFIG_FILE: '/c' }).tofu.cliConfigurations).toEqual(['/c']);
});

test('LiteLLM’s names for the database and Redis are put together into one address, with every character kept', () => {
  const names = { DATABASE_HOST: 'db', DATABASE_NAME: 'litellm', DATABASE_USERNAME: 'llm', DATABASE_PASSWORD: 'p@ss/w:rd' };
  const { databaseUrl } = readEnvironment({ ...names, DATABASE_PORT: '5433' });
  expect(databaseUrl).toBe('postgresql://llm:p%40ss%2Fw%3Ard@db:5433/litellm');
  expect(decodeURIComponent(new URL(databaseUrl!).password)).toBe('p@ss/w:rd');
  expect(readEnvironment({ ...names, DATABASE_URL: 'postgres://x/y' }).databaseUrl).toBe('postgres://x/y');
  expect(readEnvironment({ REDIS_HOST: 'cache', REDIS_PORT: '6380', REDIS_PASSWORD: 'a b', REDIS_SSL: 'True' }).redisUrl).toBe(
    'rediss://:a%20b@cache:6380',
  );
  expect(readEnvironment({ REDIS_HOST: '::1' }).redisUrl).toBe('redis://[::1]');
  expect(readEnvironment({ REDIS_PORT: '6379', DATABASE_NAME: 'x' })).toMatchObject({
    redisUrl: undefined,
    databaseUrl: undefined,
  });
});

test('a port that Kubernetes made of a service’s name is understood', () => {
  expect(readEnvironment({ REDIS_HOST: 'redis', REDIS_PORT: 'tcp://10.96.0.7:6379' }).redisUrl).toBe('redis://redis:6379');
});

test('LITELLM_LOG sets the severity, CONFIG_FILE_PATH the file unless SLUICE_CONFIG does', () => {
  expect(['DEBUG', 'info', 'WARNING', 'CRITICAL', 'x'].map((LITELLM_LOG) => readEnvironment({ LITELLM_LOG }).logLevel)).toEqual([
    'debug',
    'info',
    'warn',
    'error',
    undefined,
  ]);
  expect(readEnvironment({ CONFIG_FILE_PATH: '/a' }).configPath).toBe('/a');
  expect(readEnvironment({ CONFIG_FILE_PATH: '/a', SLUICE_CONFIG: '/b' }).configPath).toBe('/b');
});
