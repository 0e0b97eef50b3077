import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

describe('config.json', () => {
  it('may leave the API at the origin of the page', () => {
    expect(parseConfig('{"apiBaseUrl": ""}')).toEqual({ apiBaseUrl: '' });
  });

  it('may name another place, with or without a slash at its end', () => {
    expect(parseConfig('{"apiBaseUrl": "https://llm.example.com/"}')).toEqual({ apiBaseUrl: 'https://llm.example.com' });
    expect(parseConfig('{"apiBaseUrl": "http://localhost:4000/base"}')).toEqual({ apiBaseUrl: 'http://localhost:4000/base' });
  });

  it.each([
    ['not JSON', '<!doctype html>', 'not a JSON object'],
    ['a list', '[]', 'not a JSON object'],
    ['an unknown key', '{"apiBaseUrl": "", "apiUrl": ""}', '"apiUrl"'],
    ['no URL', '{}', 'has to be a text'],
    ['a relative URL', '{"apiBaseUrl": "/v1"}', '"/v1"'],
    ['another scheme', '{"apiBaseUrl": "javascript:alert(1)"}', 'http(s)'],
    ['a query', '{"apiBaseUrl": "https://a.example/?b"}', 'query'],
  ])('with %s is refused by name', (_, text, words) => {
    expect(() => parseConfig(text)).toThrow(ConfigError);
    expect(() => parseConfig(text)).toThrow(words);
  });
});
