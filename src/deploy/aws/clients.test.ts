import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { Aws } from './clients.ts';
import { describeAwsError } from './describe-error.ts';

const asked: string[] = [];
const proxy = createServer().on('connect', ({ url }, socket) => {
  asked.push(String(url));
  socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
  asked.length = 0;
  proxy.close();
});

test('AWS is asked through the proxy that the variables name, and what it refuses is told as its word', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a').stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const aws = new Aws({ region: 'us-east-1', proxies: { http: '', https: url, no: '' } });
  const error: unknown = await (await aws.client('sts')).getCallerIdentity({}).catch((caught: unknown) => caught);
  expect(asked).toContain('sts.us-east-1.amazonaws.com:443');
  expect(describeAwsError(error)).toMatchObject({
    kind: 'network',
    message: expect.stringMatching(/through the proxy of HTTPS_PROXY: .*407/),
  });
  aws.close();
});
