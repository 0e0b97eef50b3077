import { once } from 'node:events';
import { createServer as createProxy } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { noProxies, type Proxies } from './proxies.ts';
import { TransportError, type TransportFailure } from './transport-error.ts';
import { Transport, type ExchangeHandler } from './transport.ts';

let server: Server;
let origin: string;
let behave: (socket: Socket) => void = () => undefined;
const sockets = new Set<Socket>();
let transport = new Transport();

beforeAll(async () => {
  // Plain TCP, so that every misbehaviour of an HTTP server can be written down byte by byte.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => behave(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await transport.close();
  transport = new Transport();
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const request = (url = `${origin}/x?y=1`) => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'text/plain' },
  body: 'hello',
});
const limits = { timeoutMs: 5_000, limitBytes: 1_000 };
const answerText = (body: string, head = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${head}\r\n${body}`;

async function failure(promise: Promise<unknown>): Promise<TransportFailure> {
  const error = await promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).failure;
}

describe('a collected answer', () => {
  test('has status, headers and the whole body', async () => {
    behave = (socket) => void socket.write(answerText('world', 'x-a: 1\r\nx-a: 2\r\n'));
    const answer = await transport.collect(request(), limits).answer;
    expect([answer.status, answer.body.toString(), answer.headers['x-a']]).toEqual([200, 'world', ['1', '2']]);
  });

  test('passes over 1xx announcements', async () => {
    behave = (socket) => void socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${answerText('world')}`);
    expect((await transport.collect(request(), limits).answer).body.toString()).toBe('world');
  });

  test.each<[string, TransportFailure, (socket: Socket) => void]>([
    ['closing at once', 'closed', (socket) => socket.destroy()],
    ['resetting', 'closed', (socket) => socket.resetAndDestroy()],
    ['no HTTP', 'closed', (socket) => socket.end('SSH-2.0-x\r\n')],
    ['half a head', 'closed', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['half a body', 'cut', (socket) => socket.end(answerText('world').slice(0, -2))],
    ['a cut chunk', 'cut', (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc')],
    ['a chunk of nonsense', 'cut', (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')],
    ['too much', 'too-large', (socket) => socket.write(answerText('x'.repeat(2_000)))],
  ])('%s is `%s`', async (_name, expected, behaviour) => {
    behave = behaviour;
    expect(await failure(transport.collect(request(), limits).answer)).toBe(expected);
  });

  test.each(['http://127.0.0.1:1/x', 'http://nobody.invalid/x', 'not a url', 'ftp://127.0.0.1/x'])(
    '%s is unreachable',
    async (url) => {
      expect(await failure(transport.collect(request(url), limits).answer)).toBe('unreachable');
    },
  );

  test('in silence ends at the deadline, and closes the connection', async () => {
    let closed = Promise.resolve();
    behave = (socket) => {
      closed = new Promise((resolve) => socket.once('close', () => resolve()));
      socket.once('end', () => socket.end());
    };
    expect(await failure(transport.collect(request(), { ...limits, timeoutMs: 50 }).answer)).toBe('timeout');
    await closed;
  });

  test('can be given up before and after the connection stands', async () => {
    const early = transport.collect(request(), limits);
    early.abort();
    early.abort();
    expect(await failure(early.answer)).toBe('aborted');
    behave = () => late.abort();
    const late = transport.collect(request(), limits);
    expect(await failure(late.answer)).toBe('aborted');
  });
});

describe('an exchange', () => {
  test('tells each thing once and in order, and nothing after it was given up', async () => {
    const seen: string[] = [];
    const handler = (onData: () => void): ExchangeHandler => ({
      onHeaders: (status) => seen.push(`head ${status}`),
      onData: (chunk) => {
        seen.push(`data ${chunk.length}`);
        onData();
      },
      onEnd: () => seen.push('end'),
      onError: (error) => seen.push(`error ${error.failure}`),
    });
    behave = (socket) => void socket.write(answerText('world'));
    await new Promise<void>((resolve) => {
      const base = handler(() => undefined);
      transport.exchange(request(), { ...base, onEnd: () => (base.onEnd(), resolve()) });
    });
    expect(seen).toEqual(['head 200', 'data 5', 'end']);
    seen.length = 0;
    const gone = new Promise<void>((resolve) => {
      behave = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
        socket.once('close', () => resolve());
        socket.once('end', () => socket.end());
      };
    });
    const exchange = transport.exchange(
      request(),
      handler(() => exchange.abort()),
    );
    await gone;
    expect(seen).toEqual(['head 200', 'data 1']);
  });

  test('held back takes nothing more until it is let go', async () => {
    let size = 0;
    let isHeld = false;
    let tooMuch = 0;
    const total = 8 * 1024 * 1024;
    behave = (socket) => void socket.write(answerText('x'.repeat(total)));
    await new Promise<void>((resolve, reject) => {
      const exchange = transport.exchange(request(), {
        onHeaders: () => undefined,
        onData: (chunk) => {
          size += chunk.length;
          if (isHeld) tooMuch++;
          if (isHeld || size > total / 2) return;
          isHeld = true;
          exchange.pause();
          setImmediate(() => {
            isHeld = false;
            exchange.resume();
          });
        },
        onEnd: resolve,
        onError: reject,
      });
    });
    expect([size, tooMuch]).toEqual([total, 0]);
  });

  test('keeps its connection for the next one, and gives up those of origins that are no longer used', async () => {
    behave = (socket) => void socket.write(answerText('world'));
    const before = new Set(sockets);
    await transport.collect(request(), limits).answer;
    // undici may open a second one while the first is not yet free again.
    await new Promise((resolve) => setImmediate(resolve));
    await transport.collect(request(), limits).answer;
    const [socket, ...others] = [...sockets].filter((each) => !before.has(each));
    expect(others).toEqual([]);
    const closed = new Promise((resolve) => socket!.once('close', resolve));
    socket!.once('end', () => socket!.end());
    transport.retain(new Set());
    await closed;
    expect((await transport.collect(request(), limits).answer).status).toBe(200);
  });

  test('that runs while its origin is given up goes on to its end', async () => {
    let finish = () => undefined as void;
    const began = new Promise<void>((resolve) => {
      behave = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwo');
        finish = () => void socket.write('rld');
        resolve();
      };
    });
    const { answer } = transport.collect(request(), limits);
    await began;
    transport.retain(new Set());
    finish();
    expect((await answer).body.toString()).toBe('world');
  });
});

describe('through a proxy', () => {
  const asked: string[] = [];
  const proxy = createProxy((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.end('from afar');
  }).on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  let address: string;

  beforeAll(async () => {
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => void (asked.length = 0));
  afterAll(() => proxy.close());

  const through = async (proxies: Partial<Proxies>): Promise<void> => {
    await transport.close();
    transport = new Transport({ proxies: { ...noProxies, ...proxies } });
  };

  test('what is elsewhere is asked there, by an address without a scheme too', async () => {
    await through({ http: address });
    const answer = await transport.collect(request('http://api.invalid/health?x=1'), limits).answer;
    expect([answer.body.toString(), asked]).toEqual(['from afar', ['POST http://api.invalid/health?x=1']]);
  });

  test('a proxy that lets nobody through is named', async () => {
    await through({ https: `http://${address}` });
    const error: unknown = await transport
      .collect(request('https://api.invalid/'), limits)
      .answer.catch((caught: unknown) => caught);
    expect(asked).toEqual(['CONNECT api.invalid:443']);
    expect(error).toMatchObject({
      failure: 'unreachable',
      proxy: address,
      message: expect.stringMatching(/through the proxy 127.0.0.1:\d+: .*\(407\)/),
    });
  });

  test('this machine, what NO_PROXY names and the other protocol are reached directly', async () => {
    behave = (socket) => void socket.write(answerText('from here'));
    await through({ http: address, no: 'api.invalid' });
    const answer = await transport.collect(request(), limits).answer;
    expect(answer.body.toString()).toBe('from here');
    expect(await failure(transport.collect(request('http://api.invalid/'), limits).answer)).toBe('unreachable');
    expect(await failure(transport.collect(request('https://elsewhere.invalid/'), limits).answer)).toBe('unreachable');
    expect(asked).toEqual([]);
  });

  test('what is no address is told once the caller has its exchange, as every other failure', async () => {
    await through({ http: 'ftp://10.0.0.1' });
    const { promise, resolve } = Promise.withResolvers<TransportError>();
    let isHeld = false;
    const handler = { onHeaders: () => undefined, onData: () => undefined, onEnd: () => undefined };
    transport.exchange(request('http://api.invalid/'), {
      ...handler,
      onError: (error) => resolve(isHeld ? error : new TransportError('closed', 'too early')),
    });
    isHeld = true;
    expect((await promise).failure).toBe('unreachable');
  });

  test('what is no address is said, without its password', async () => {
    await through({ http: 'http://ada:secret@' });
    const error: unknown = await transport.collect(request('http://api.invalid/'), limits).answer.catch(String);
    expect(error).toBe('TransportError: HTTP_PROXY is no address of a proxy, such as http://10.0.0.1:3128');
  });
});
