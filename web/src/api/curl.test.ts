import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCurl } from './curl.ts';
import type { ChatBody } from './wire.ts';

function bodyWith(content: string): ChatBody {
  return {
    model: 'm',
    messages: [{ role: 'user', content }],
    temperature: 0.7,
    max_tokens: 5,
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** The arguments that a shell would hand to curl. */
function shellArguments(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { SLUICE_API_KEY: 'from-environment' } })
    .split('\0')
    .slice(0, -1);
}

describe('the curl snippet', () => {
  it('gives a shell the very body, whatever the prompt holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', 'é', ' ', 'a') }), (content) => {
        const argumentsSeen = shellArguments(
          toCurl({ baseUrl: 'http://localhost:8000', body: bodyWith(content), needsKey: false }),
        );
        expect(JSON.parse(argumentsSeen.at(-1)!)).toEqual(bodyWith(content));
      }),
      { numRuns: 30 },
    );
  });

  it('takes the key from the environment', () => {
    const curl = toCurl({ baseUrl: 'http://localhost:8000', body: bodyWith('x'), needsKey: true });
    expect(shellArguments(curl)).toContain('Authorization: Bearer from-environment');
    expect(shellArguments(curl)).toContain('http://localhost:8000/v1/chat/completions');
  });
});
