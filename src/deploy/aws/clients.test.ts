import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { noProxies } from '../../transport/proxies.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { Aws, type AwsOptions } from './clients.ts';
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

test('a proxy that is no address is refused by name, without its password', async () => {
  const aws = new Aws({ region: 'us-east-1', proxies: { ...noProxies, https: 'http://ada:secret@' } });
  await expect(aws.client('sts')).rejects.toThrow(/^HTTPS_PROXY is no address of a proxy, such as http:\/\/10\.0\.0\.1:3128$/);
});

test('a proxy needs no scheme, and this machine none at all', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a').stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  const here = createServer((_incoming, response) => response.writeHead(500).end());
  await Promise.all([once(proxy.listen(0, '127.0.0.1'), 'listening'), once(here.listen(0, '127.0.0.1'), 'listening')]);
  const http = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const proxies = { http, https: http, no: '' };
  const failureOf = async (options: Partial<AwsOptions>) => {
    const aws = new Aws({ region: 'us-east-1', proxies, ...options });
    const error: unknown = await (await aws.client('sts')).getCallerIdentity({}).catch((caught: unknown) => caught);
    aws.close();
    return String(error);
  };
  expect(await failureOf({})).toMatch(/407/);
  expect(asked.length).toBeGreaterThan(0);
  asked.length = 0;
  expect(await failureOf({ endpoint: `http://localhost:${(here.address() as AddressInfo).port}` })).not.toMatch(
    /407|ECONNREFUSED/,
  );
  expect(asked).toEqual([]);
  here.close();
});
