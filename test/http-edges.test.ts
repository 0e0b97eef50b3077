import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, nextPiece, open, openSocket, parseRaw, rawCall, readSocket, until } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { answerWell, chunk, FakeUpstream } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const path = '/v1/completions';
const good = JSON.stringify({ model: 'm', prompt: 'hi' });

let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  gateway = await startGateway({
    server: { requestTimeoutMs: 400, maxHeaderBytes: 8192, maxBodyBytes: 1024 * 1024, allowedHosts: ['Gateway.Example'] },
    cors: { origins: ['https://page.example'] },
    models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }],
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
afterEach(() => {
  upstream.reset();
  gateway.clear();
});

const head = (lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const postText = (body = good, extra: string[] = []) =>
  head([`POST ${path} HTTP/1.1`, 'host: localhost', `content-length: ${Buffer.byteLength(body)}`, ...extra]) + body;
const getText = head(['GET /v1/models HTTP/1.1', 'host: localhost']);
const raw = async (text: string | Buffer) => parseRaw(await rawCall(gateway.port, text));

describe('what is no proper HTTP request gets a clear answer and a closed connection', () => {
  test.each([
    ['text', 'hello there\r\n\r\n', 'bad_request'],
    ['a TLS hello', Buffer.from('1603010200010001fc0303', 'hex'), 'bad_request'],
    ['HTTP/1.1 without a host', 'GET /v1/models HTTP/1.1\r\n\r\n', 'bad_request'],
    ['an unknown version', 'GET / HTTP/3.7\r\nhost: localhost\r\n\r\n', 'bad_request'],
    ['a header without a name', 'GET / HTTP/1.1\r\nhost: localhost\r\n: x\r\n\r\n', 'bad_request'],
    [
      'a content-length that is no number',
      postText(good, []).replace(/content-length: \d+/, 'content-length: 1e3'),
      'bad_request',
    ],
    ['two content-lengths', postText(good, ['content-length: 3']), 'bad_request'],
    ['a length and chunks', postText(good, ['transfer-encoding: chunked']), 'bad_request'],
    [
      'a broken chunk',
      head([`POST ${path} HTTP/1.1`, 'host: localhost', 'transfer-encoding: chunked']) + 'zz\r\nab',
      'bad_request',
    ],
    [
      'a flood of headers',
      head(['GET / HTTP/1.1', 'host: localhost', ...Array(3000).fill('x-flood: 0123456789')]),
      'headers_too_large',
    ],
    ['one huge header', head(['GET / HTTP/1.1', 'host: localhost', `cookie: ${'x'.repeat(2_000_000)}`]), 'headers_too_large'],
    ['a huge URL', head([`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'host: localhost']), 'headers_too_large'],
    ['an expectation that nobody knows', postText(good, ['expect: miracles']), 'bad_request'],
  ] as const)('%s', async (_name, text, code) => {
    const answer = await raw(text);
    expectError(answer, code);
    expect(answer.headers.connection).toBe('close');
  });

  test('a body that does not arrive in time is a 408, in the log too', async () => {
    const answer = await raw(
      head([`POST ${path} HTTP/1.1`, 'host: localhost', 'content-length: 100', 'x-request-id: slow-1']) + '{"mo',
    );
    expectError(answer, 'request_timeout');
    expect(answer.headers.connection).toBe('close');
    expect(answer.headers['x-request-id']).toBe('slow-1');
    expect(await gateway.accessLine('slow-1')).toMatchObject({ status: 408, path });
  });

  test('a head that does not arrive in time is a 408', async () => {
    expectError(await raw('GET /v1/models HTTP/1.1\r\nhost: loc'), 'request_timeout');
  });

  test('the connection goes even when the client keeps its side open', async () => {
    const socket = await openSocket(gateway.port);
    socket.write('nonsense\r\n\r\n');
    await readSocket(socket);
    await until(async () => {
      socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, 10));
      return socket.destroyed;
    }, 8_000);
  });

  test('the process lives: the next request is answered', async () => {
    expect((await call(gateway.url + path, { body: { model: 'm', prompt: 'hi' } })).status).toBe(200);
  });
});

test('nonsense after a request whose answer has begun never lands in that answer', async () => {
  upstream.always((exchange) => {
    exchange.openStream();
    exchange.event(chunk('m', 'Hel'));
  });
  const socket = await openSocket(gateway.port);
  socket.write(postText(JSON.stringify({ model: 'm', prompt: 'hi', stream: true })));
  const begin = await readSocket(socket, /Hel/);
  socket.write('complete nonsense\r\n\r\n');
  const rest = await readSocket(socket);
  expect(begin + rest).toContain('HTTP/1.1 200');
  expect(begin + rest).not.toContain('HTTP/1.1 400');
  const exchange = await upstream.exchange(0);
  await exchange.closed;
  expect(exchange.abortedAtMs).not.toBeNull();
});

test('nonsense behind a request that still waits ends both, and the upstream work', async () => {
  upstream.always(() => undefined);
  const socket = await openSocket(gateway.port);
  socket.write(postText());
  const exchange = await upstream.exchange(0);
  socket.write('complete nonsense\r\n\r\n');
  expectError(parseRaw(await readSocket(socket)), 'bad_request');
  await exchange.closed;
  socket.destroy();
});

test.each([
  ['closes', 400],
  ['resets', 499],
])('a client that %s the connection in the middle of its body is no defect of ours', async (how, status) => {
  const socket = await openSocket(gateway.port);
  socket.write(head([`POST ${path} HTTP/1.1`, 'host: localhost', 'content-length: 100', `x-request-id: ${how}-1`]) + '{"mo');
  // A second connection's answer shows that the gateway has read the first one's bytes.
  await call(`${gateway.url}/health`);
  if (how === 'resets') socket.resetAndDestroy();
  else socket.destroy();
  expect(await gateway.accessLine(`${how}-1`)).toMatchObject({ status });
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(upstream.exchanges).toHaveLength(0);
});

describe('bodies are JSON whatever the content type says', () => {
  test.each([
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'APPLICATION/JSON',
    ';;;',
    'nonsense',
    'text/',
    '*/*',
    '',
    'ünïcode',
  ])('%s', async (type) => {
    const answer = await raw(
      Buffer.from(postText(good, ['connection: close', ...(type === undefined ? [] : [`content-type: ${type}`])]), 'latin1'),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  test('identity is no compression', async () => {
    expect((await call(gateway.url + path, { body: good, headers: { 'content-encoding': 'identity' } })).status).toBe(200);
  });
});

describe('request ids', () => {
  const idOf = async (given?: string | string[]) =>
    (await call(`${gateway.url}/health`, { headers: given === undefined ? {} : { 'x-request-id': given } })).headers[
      'x-request-id'
    ];

  test('a good one comes back', async () => {
    for (const id of ['abc', 'req_1', '8f14e45f-ceea-467f-a8b8-1b3f3a6c8f6b', 'a/b:c=d+e.f', 'x'.repeat(128)])
      expect(await idOf(id)).toBe(id);
  });

  test('a bad one, several or none are replaced by one of ours', async () => {
    const seen = new Set<unknown>();
    for (const id of ['a b', 'x'.repeat(129), '<script>', '"', '', 'é', ['one', 'two'], undefined]) {
      const given = await idOf(id);
      expect(given).toMatch(/^req_[0-9a-z]+$/);
      seen.add(given);
    }
    expect(seen.size).toBe(8);
  });
});

describe('hosts', () => {
  const statusFor = async (host: string) =>
    (await raw(head(['GET /v1/models HTTP/1.1', `host: ${host}`, 'connection: close']))).status;

  test.each([
    'localhost',
    'localhost:1234',
    'LOCALHOST:80',
    'app.localhost:3000',
    '127.0.0.1',
    '127.0.0.1:8000',
    '127.1.2.3:8000',
    '[::1]',
    '[::1]:8000',
    'gateway.example',
    'GATEWAY.example:443',
  ])('%s is served', async (host) => expect(await statusFor(host)).toBe(200));

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    'xlocalhost:8000',
    '[::2]:8000',
    '[fe80::1]',
    '10.0.0.1',
    '0.0.0.0:8000',
    'gateway.example.evil',
    'user@localhost',
    'localhost/path',
    'localhost:8000:8000',
    '',
  ])('"%s" is refused', async (host) => expect(await statusFor(host)).toBe(403));

  test('an HTTP/1.0 client that names none is served: no browser is one', async () => {
    expect((await raw('GET /v1/models HTTP/1.0\r\n\r\n')).status).toBe(200);
  });
});

describe('pages of other origins', () => {
  test('the gateway’s own page may call it, under each of its names', async () => {
    for (const host of ['localhost:80', '127.0.0.1:99', '[::1]:8000', 'gateway.example']) {
      const answer = await call(`${gateway.url}/v1/models`, { headers: { host, origin: `http://${host}` } });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('others may not, wherever they ask, and learn nothing', async () => {
    for (const origin of [
      'https://evil.example',
      'http://page.example',
      'https://page.example.evil',
      'null',
      'http://localhost:1',
    ]) {
      for (const target of ['/v1/models', '/', '/metrics', '/nothing', path]) {
        const answer = await call(gateway.url + target, { headers: { origin } });
        expectError(answer, 'origin_not_allowed');
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    }
  });

  const origin = 'https://page.example';

  test('a named one may: plain answers, errors, streams and 404s carry the CORS headers', async () => {
    for (const [target, body, status] of [
      ['/v1/models', undefined, 200],
      [path, good, 200],
      [path, JSON.stringify({ model: 'm', prompt: 'x', stream: true }), 200],
      [path, 'nonsense', 400],
      ['/nothing', undefined, 404],
    ] as const) {
      const answer = await call(gateway.url + target, { body, headers: { origin } });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
      expect(answer.headers['access-control-expose-headers']).toContain('x-request-id');
    }
  });

  test('its preflight is answered, a foreign one refused', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,x-stainless-os',
    };
    const answer = await call(gateway.url + path, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PATCH, OPTIONS',
      'access-control-allow-headers': 'authorization,x-stainless-os',
    });
    expect(answer.headers['x-request-id']).toBeDefined();
    expectError(
      await call(gateway.url + path, { method: 'OPTIONS', headers: { ...headers, origin: 'https://evil.example' } }),
      'origin_not_allowed',
    );
  });
});

describe('connections', () => {
  test('one goes on after errors of every kind that leave it whole', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (const [target, options] of [
      ['/nothing', {}],
      [path, { body: 'nonsense' }],
      [path, { body: { model: 'nobody', prompt: 'x' } }],
      [path, { method: 'DELETE' }],
      ['/v1/models', { headers: { host: 'evil.example' } }],
      ['/v1/models', {}],
    ] as const) {
      const opened = open(gateway.url + target, { ...options, agent });
      const response = await opened.response;
      sockets.add(opened.request.socket);
      response.resume();
      await new Promise((resolve) => response.once('end', resolve));
    }
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  test('pipelined requests are answered in order', async () => {
    const text = await rawCall(
      gateway.port,
      getText + postText() + postText('nonsense') + head(['GET /health HTTP/1.1', 'host: localhost', 'connection: close']),
    );
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '200', '400', '200']);
  });

  test('a client that leaves with pipelined work stops all of it', async () => {
    upstream.always(() => undefined);
    const socket = await openSocket(gateway.port);
    socket.write(postText(good, ['x-request-id: first']) + postText(good, ['x-request-id: second']));
    const exchanges = await Promise.all([upstream.exchange(0), upstream.exchange(1)]);
    socket.destroy();
    for (const exchange of exchanges) await exchange.closed;
    expect(upstream.abortCount).toBe(2);
    expect(await gateway.accessLine('first')).toMatchObject({ status: 499, client_gone: true });
    expect(await gateway.accessLine('second')).toMatchObject({ status: 499, client_gone: true });
  });

  test('IPv6 serves as well', async () => {
    const six = await startGateway({
      server: { host: '::1' },
      models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }],
    });
    expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await call(six.url + path, { body: good })).status).toBe(200);
    expect((await call(six.url + path, { body: good, headers: { origin: six.url } })).status).toBe(200);
    expect((await call(six.url + path, { body: good, headers: { host: 'evil.example' } })).status).toBe(403);
    await six.close();
  });

  test('HTTP/1.0 clients get whole and streamed answers without chunks', async () => {
    const text = postText().replace('HTTP/1.1', 'HTTP/1.0');
    const whole = await raw(text);
    expect(whole.status).toBe(200);
    expect(whole.headers['transfer-encoding']).toBeUndefined();
    expect(whole.json()).toHaveProperty('choices');
    const streamed = await raw(
      postText(JSON.stringify({ model: 'm', prompt: 'x', stream: true })).replace('HTTP/1.1', 'HTTP/1.0'),
    );
    expect(streamed.headers['transfer-encoding']).toBeUndefined();
    expect(streamed.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('Expect: 100-continue is answered before the body is sent', async () => {
    const socket = await openSocket(gateway.port);
    socket.write(
      head([
        `POST ${path} HTTP/1.1`,
        'host: localhost',
        `content-length: ${good.length}`,
        'expect: 100-continue',
        'connection: close',
      ]),
    );
    expect(await readSocket(socket, /\r\n\r\n/)).toContain('100 Continue');
    socket.write(good);
    expect(parseRaw(await readSocket(socket)).status).toBe(200);
  });

  test('an offer to upgrade is passed over', async () => {
    const answer = await raw(
      head(['GET /v1/models HTTP/1.1', 'host: localhost', 'connection: upgrade, close', 'upgrade: h2c, websocket']),
    );
    expect(answer.status).toBe(200);
  });

  test('a body far over the limit is a 413 that a client which is still sending can read', async () => {
    const body = Buffer.alloc(24 * 1024 * 1024, 0x20);
    for (const headers of [{}, { expect: '100-continue' }]) {
      const answer = await call(gateway.url + path, { method: 'POST', body, headers });
      expectError(answer, 'request_too_large');
      expect(answer.headers.connection).toBe('close');
    }
  });

  test('a body on a GET is passed over, and the connection stays in step', async () => {
    const text = await rawCall(
      gateway.port,
      head(['GET /v1/models HTTP/1.1', 'host: localhost', 'content-length: 5']) +
        'hello' +
        head(['GET /health HTTP/1.1', 'host: localhost', 'connection: close']),
    );
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '200']);
  });

  test('odd headers do no harm and reach no upstream', async () => {
    const answer = await raw(
      postText(good, [
        'connection: close',
        'authorization: Bearer a-clients-key',
        'cookie: session=1',
        'x-forwarded-for: 1.2.3.4, 5.6.7.8',
        'host2: x',
        'accept: */*',
        'accept: text/html',
        'x-empty:',
        '__proto__: x',
        'constructor: x',
        'x-stainless-lang: js',
      ]),
    );
    expect(answer.status).toBe(200);
    const { headers } = await upstream.exchange(0);
    expect(Object.keys(headers).sort()).toEqual(['accept', 'connection', 'content-length', 'content-type', 'host']);
  });

  test('a stream is one whole answer: its connection serves the next request', async () => {
    upstream.always(answerWell);
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(postText(JSON.stringify({ model: 'm', prompt: 'x', stream: true })));
    await readSocket(socket, /0\r\n\r\n$/);
    socket.write(head(['GET /health HTTP/1.1', 'host: localhost', 'connection: close']));
    expect(parseRaw(await readSocket(socket)).status).toBe(200);
  });

  test('headers of a stream arrive with the first event, not at the end', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', 'Hel'));
    });
    const { request, response } = open(gateway.url + path, { body: { model: 'm', prompt: 'x', stream: true } });
    const stream = await response;
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    expect(await nextPiece(stream)).toContain('Hel');
    request.destroy();
  });
});
