import { expect, test } from 'vitest';
import { proxyAddress, proxySettingFor } from './proxies.ts';

const proxies = { http: 'plain', https: 'secure', no: '' };
const settingFor = (url: string, no = '') => proxySettingFor(new URL(url), { ...proxies, no });

test('each scheme has its proxy', () => {
  expect([settingFor('http://a.example'), settingFor('https://a.example')]).toEqual(['plain', 'secure']);
});

test.each(['localhost', 'a.localhost', '127.0.0.1', '127.8.9.1', '[::1]', '0.0.0.0'])(
  '%s is this machine, and has none',
  (host) => {
    expect([settingFor(`http://${host}:8000`), settingFor(`https://${host}`)]).toEqual(['', '']);
  },
);

test.each([
  ['example.com', 'http://example.com', true],
  ['example.com', 'http://api.example.com', true],
  ['.example.com', 'https://api.example.com', true],
  ['*.example.com', 'https://api.example.com', true],
  ['example.com', 'http://badexample.com', false],
  ['other.com, EXAMPLE.com', 'http://example.com.', true],
  ['example.com:8000', 'http://example.com:8000', true],
  ['example.com:8000', 'http://example.com', false],
  ['example.com:443', 'https://example.com', true],
  ['*', 'https://example.com', true],
  ['*:80', 'https://example.com', false],
  ['10.0.0.1', 'http://10.0.0.1', true],
  ['fd00::1', 'http://[fd00::1]:8000', true],
  ['[fd00::1]:8000', 'http://[fd00::1]:8000', true],
  ['[fd00::1]:8000', 'http://[fd00::1]', false],
  [',, ', 'http://example.com', false],
])('NO_PROXY=%s and %s: direct %s', (no, url, isDirect) => {
  expect(settingFor(url, no) === '').toBe(isDirect);
});

test.each([
  ['', ''],
  ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
  ['https://ada:a%20b@proxy:1', 'https://ada:a%20b@proxy:1/'],
  ['socks5://proxy:1', 'socks5://proxy:1'],
  ['http://', undefined],
  ['http://ada:secret@', undefined],
  ['http://ada:5%@proxy', undefined],
  ['ftp://proxy', undefined],
])('%s is %s', (setting, address) => {
  expect(proxyAddress(setting)).toBe(address);
});
