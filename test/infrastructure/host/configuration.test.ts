import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { hostEnvironment } from './host-environment.ts';
import { renderUserData, writeFiles } from './render-user-data.ts';

test.each([{}, { LLM_KEYS_SECRET_ARN: '' }, { LLM_CORS_ORIGIN: '*' }])(
  'the gateway takes the configuration of a host with %j',
  async (changes) => {
    const environment = { ...hostEnvironment(), ...changes };
    const root = writeFiles((await renderUserData('gpu', environment)).config);
    const config = loadConfig(join(root, 'etc/llm/sluice.yaml'), {
      ...environment,
      LLM_MAX_IN_FLIGHT: '32',
      LLM_MAX_QUEUE: '64',
    });
    expect(config.models?.[0]?.backends[0]).toMatchObject({
      baseUrl: 'http://engine:8001/v1',
      timeoutMs: 30_000,
      maxInFlight: 32,
      maxQueue: 64,
    });
    expect(config.limits.ip).toMatchObject({ requestsPerMinute: 100 });
  },
);
