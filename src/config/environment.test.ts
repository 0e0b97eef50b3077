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
