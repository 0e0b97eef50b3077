import { expect, test } from 'vitest';
import { corsOriginsOf, modeOf } from './mode.ts';

test('the mode is the gateway unless the environment says standby', () => {
  expect([{}, { SLUICE_MODE: '' }, { SLUICE_MODE: 'gateway' }, { SLUICE_MODE: 'standby' }].map(modeOf)).toEqual([
    'gateway',
    'gateway',
    'gateway',
    'standby',
  ]);
});

test('a mode that there is not is refused with those that there are', () => {
  expect(() => modeOf({ SLUICE_MODE: 'stand-by!' })).toThrow(
    'SLUICE_MODE=stand-by!: there is no such mode; did you mean "standby"? (known are gateway, standby)',
  );
  expect(() => modeOf({ SLUICE_MODE: 'proxy' })).toThrow('there is no such mode (known are gateway, standby)');
});

test('origins are separated by commas', () => {
  expect(corsOriginsOf({ SLUICE_CORS_ORIGINS: 'https://a.example, https://b.example,' })).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
  expect(corsOriginsOf({})).toEqual([]);
});
