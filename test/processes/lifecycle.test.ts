import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { call, dataOf, nextPiece, open, openSocket, readSocket, until, type ErrorBody } from '../support/client.ts';
import { chunk, FakeUpstream } from '../support/fake-upstream.ts';
import { SluiceProcess } from '../support/sluice-process.ts';

let upstream: FakeUpstream;
let folder: string;
const started: SluiceProcess[] = [];

beforeAll(async () => {
  upstream = await FakeUpstream.start();
});
afterAll(() => upstream.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lifecycle-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((sluice) => sluice.stop()));
  upstream.reset();
  rmSync(folder, { recursive: true });
});

function run(parameters: string[], environment: Record<string, string> = {}): SluiceProcess {
  const sluice = new SluiceProcess(parameters, { directory: folder, environment });
  started.push(sluice);
  return sluice;
}

const configPath = () => join(folder, 'sluice.yaml');
const modelNamed = (name: string) => ({ name, backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] });
const write = (config: object) => writeFileSync(configPath(), stringify({ models: [modelNamed('m')], ...config }));

/** A gateway in front of the fake, with `config` on top. */
async function serve(config: object = {}, parameters: string[] = [], environment: Record<string, string> = {}) {
  write(config);
  const sluice = run(['serve', '--port', '0', ...parameters], environment);
  return { sluice, url: await sluice.url() };
}

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const ask = (url: string, change: object = {}) => call(`${url}/v1/chat/completions`, { body: { ...body, ...change } });

describe('a first signal', () => {
  test('lets everything that runs finish, refuses the rest, and ends with 0', async () => {
    const { sluice, url } = await serve();
    const port = Number(new URL(url).port);
    upstream.always((exchange) => (exchange.body['stream'] === true ? exchange.openStream() : undefined));
    const plain = open(`${url}/v1/chat/completions`, { body });
    const stream = open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } });
    const exchanges = await Promise.all([upstream.exchange(0), upstream.exchange(1)]);
    const streamed = exchanges.find((exchange) => exchange.body['stream'] === true)!;
    streamed.event(chunk('m', 'Hel'));
    const streamResponse = await stream.response;
    // A connection with work under way on which more is asked after the signal.
    const socket = await openSocket(port);
    const text = JSON.stringify(body);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    const third = await upstream.exchange(2);

    sluice.child.kill('SIGTERM');
    await sluice.logged('shutting down', (line) => line['in_flight'] === 3);
    await expect(call(`${url}/health`)).rejects.toThrow(/ECONNREFUSED/);
    for (const path of ['/health', '/health/readiness']) socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${text.length}\r\n\r\n${text}`);

    const plainExchange = exchanges.find((exchange) => exchange !== streamed)!;
    for (const exchange of [plainExchange, third])
      exchange.json({ id: 'x', model: 'm', choices: [{ message: { content: 'late' } }] });
    expect((await plain.response).statusCode).toBe(200);
    expect((await plain.response).headers.connection).toBe('close');
    expect(await readSocket(socket)).toMatch(/^HTTP\/1\.1 200/);
    streamed.event(chunk('m', 'lo', 'stop'));
    streamed.done();
    let streamText = '';
    for (let piece = await nextPiece(streamResponse); piece !== ''; piece = await nextPiece(streamResponse)) streamText += piece;
    expect(dataOf(streamText).at(-1)).toBe('[DONE]');
    expect(await sluice.ended).toEqual({ code: 0, signal: null });
    expect(sluice.log.at(-1)).toMatchObject({ msg: 'stopped' });
    expect(upstream.exchanges).toHaveLength(3);
  });

  test('turns /health and /health/readiness to 503 and refuses new work with 503, where a connection is still open', async () => {
    const { sluice, url } = await serve();
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', 'Hel'));
    });
    // The head of these requests has arrived before the signal, the rest comes after it.
    const paths = ['/health', '/health/readiness', '/v1/chat/completions'];
    const text = JSON.stringify(body);
    const sockets = await Promise.all(
      paths.map(async (path) => {
        const socket = await openSocket(Number(new URL(url).port));
        socket.write(
          path.startsWith('/v1')
            ? `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${text.length}\r\n\r\n`
            : `GET ${path} HTTP/1.1\r\nhost: localhost\r\n`,
        );
        return socket;
      }),
    );
    const running = open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } });
    await running.response;
    await call(`${url}/health/liveliness`);
    sluice.child.kill('SIGTERM');
    await sluice.logged('shutting down');
    const answers = await Promise.all(
      sockets.map((socket, index) => {
        socket.write(paths[index]!.startsWith('/v1') ? text : '\r\n');
        return readSocket(socket);
      }),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 503 .*retry-after: \d+/is);
    expect(answers[0]).toContain('"status":"unhealthy"');
    expect(answers[1]).toContain('"status":"draining"');
    expect(answers[2]).toMatch(/shutting down.*service_unavailable/);
    expect(answers[2]!.toLowerCase()).toContain('connection: close');
    running.request.destroy();
    expect((await sluice.ended).code).toBe(0);
  });

  test('ends what runs longer than the shutdown limit', async () => {
    const { sluice, url } = await serve({ server: { shutdownTimeoutMs: 100 } });
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', 'Hel'));
    });
    const { response } = open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } });
    await response;
    sluice.child.kill('SIGTERM');
    expect((await sluice.ended).code).toBe(0);
    expect(sluice.log.some(({ msg, in_flight }) => /limit has passed/.test(String(msg)) && in_flight === 1)).toBe(true);
    await (
      await upstream.exchange(0)
    ).closed;
  });

  test('does not wait for idle connections, silent ones, or none at all', async () => {
    const { sluice, url } = await serve();
    const agent = new Agent({ keepAlive: true });
    await call(`${url}/health`, { agent });
    const silent = await openSocket(Number(new URL(url).port));
    const at = performance.now();
    sluice.child.kill('SIGINT');
    expect((await sluice.ended).code).toBe(0);
    expect(performance.now() - at).toBeLessThan(5_000);
    agent.destroy();
    silent.destroy();
  });

  test('keeps the end of an answer for a client that reads slowly', async () => {
    const { sluice, url } = await serve();
    const content = 'x'.repeat(12_000_000);
    upstream.always((exchange) => exchange.json({ id: 'x', model: 'm', choices: [{ message: { content } }] }));
    const response = await open(`${url}/v1/chat/completions`, { body }).response;
    sluice.child.kill('SIGTERM');
    await sluice.logged('shutting down');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    let size = 0;
    for await (const piece of response) size += (piece as Buffer).length;
    expect(size).toBe(Number(response.headers['content-length']));
    expect((await sluice.ended).code).toBe(0);
  });
});

test('under npm the loss of the parent counts as a SIGTERM: its shell passes none on', async () => {
  const entry = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
  // What npm does: a shell that waits for the gateway, and dies of the signal that npm hands to it.
  const shell = spawn('sh', ['-c', `"${process.execPath}" "${entry}" serve --port 0 --model sluice-demo; true`], {
    cwd: folder,
    env: { PATH: process.env['PATH'], SLUICE_DATA: folder, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let log = '';
  shell.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await until(() => log.includes('listening'));
  shell.kill('SIGTERM');
  await until(() => log.includes('"stopped"'));
});

test('a second signal ends it at once, the same key press told twice does not', async () => {
  const { sluice, url } = await serve();
  upstream.always((exchange) => {
    exchange.openStream();
    exchange.event(chunk('m', 'Hel'));
  });
  const { response } = open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } });
  await response;
  // Ctrl-C reaches the gateway from the terminal and once more from npm, which passes it on.
  sluice.child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 50));
  sluice.child.kill('SIGINT');
  await sluice.logged('shutting down');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(sluice.child.exitCode).toBeNull();
  sluice.child.kill('SIGINT');
  expect(await sluice.ended).toEqual({ code: 130, signal: null });
});

test('a second SIGTERM is no echo: it ends at once, however soon it comes', async () => {
  const { sluice, url } = await serve();
  upstream.always((exchange) => {
    exchange.openStream();
    exchange.event(chunk('m', 'Hel'));
  });
  await open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } }).response;
  sluice.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 100));
  sluice.child.kill('SIGTERM');
  expect(await sluice.ended).toEqual({ code: 143, signal: null });
});

test('a model of the file that nobody knows is told once, and the other models are served', async () => {
  const { sluice, url } = await serve({
    models: [modelNamed('m'), { name: 'local', backends: [{ provider: 'embedded' }] }],
    engine: { model: 'smolm2-135m-instruct' },
  });
  const { reason } = await sluice.logged('the engine cannot start');
  expect(reason).toContain('Did you mean "smollm2-135m-instruct"?');
  expect((await ask(url)).status).toBe(200);
  expect((await ask(url, { model: 'local' })).status).toBe(503);
  await until(() => sluice.stderr.includes('the engine cannot start'));
  // Longer than the wait before a second try.
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  expect((sluice.stdout + sluice.stderr).split('no model is called')).toHaveLength(3);
  sluice.child.kill('SIGTERM');
  expect((await sluice.ended).code).toBe(0);
});

describe('what cannot be started says why, in one clear text, and ends with 1', () => {
  const fails = async (parameters: string[], environment: Record<string, string> = {}) => {
    const sluice = run(parameters, environment);
    const { code } = await sluice.ended;
    expect(code).toBe(1);
    expect(sluice.stderr).not.toMatch(/\n\s+at /);
    return sluice.stderr;
  };

  test('a port that is taken', async () => {
    write({});
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await fails(['serve', '--port', String(port)])).toMatch(`port ${port} on 127.0.0.1 is taken`);
    server.close();
  });

  test.each([
    [['serve', '--port', 'abc'], {}, /a port is a number/],
    [['serve', '--port', '70000'], {}, /a port is a number/],
    [['serve', '--port', '-1'], {}, /a port is a number/],
    [['serve'], { PORT: 'abc' }, /PORT=abc: a port is a number/],
    [['serve', '--prot', '1'], {}, /unknown option '--prot'.*--port/s],
    [['serve', 'something'], {}, /serve takes no arguments, but got 'something'.*--model/],
    [['--port', '0', 'something'], {}, /serve takes no arguments, but got 'something'/],
    [['frobnicate'], {}, /unknown command 'frobnicate'\n.*sluice --help lists the commands/],
    [['confg'], {}, /unknown command 'confg'; did you mean 'config'\?/],
    [['serve', '--model', ''], {}, /--model.*a model is a name from `sluice models`/],
    [
      ['serve', '--model', 'smolm2-135m-instruct'],
      {},
      /^--model: no model is called .*Did you mean "smollm2-135m-instruct"\?.*\n$/,
    ],
    [['serve', '--model', 'absent.gguf'], {}, /^--model: the model file .*absent\.gguf does not exist\n$/],
    [
      ['serve'],
      { HOST: 'no-such-host.invalid' },
      /no-such-host\.invalid is no address of this machine: the name cannot be resolved/,
    ],
    [['serve', '--config', 'missing.yaml'], {}, /missing\.yaml.*no such file/],
    [['serve'], { SLUICE_CONFIG: 'missing.yaml' }, /missing\.yaml.*no such file/],
    [['serve', '--host', '0.0.0.0'], {}, /without any key would let everyone in.*auth: none/s],
    [['serve'], { HOST: '::' }, /without any key would let everyone in/],
    [['serve', '--host', '203.0.113.7'], { SLUICE_AUTH: 'none' }, /203\.0\.113\.7 is no address of this machine/],
  ])('%j with %j', async (parameters, environment, message) => {
    write({});
    expect(await fails(parameters, environment)).toMatch(message);
  });

  test('a configuration with mistakes: file, line, key, nearest key, all of them', async () => {
    writeFileSync(
      configPath(),
      'server:\n  prot: 1\nmodels:\n  - name: m\n    backends:\n      - { provider: openai, apiKey: "${NO_SUCH}" }\n',
    );
    expect(await fails(['serve'])).toMatch(/sluice\.yaml:6 .*NO_SUCH is not set/);
    writeFileSync(configPath(), 'server:\n  prot: 1\nloging: {}\n');
    const text = await fails(['serve']);
    expect(text).toContain(`${configPath()}:2  server.prot: unknown key; did you mean "port"?`);
    expect(text).toContain(`${configPath()}:3  loging: unknown key; did you mean "logging"?`);
  });
});

test('flags go over the environment, which goes over the file; beyond loopback it must be meant', async () => {
  write({ server: { port: 1, host: '127.0.0.9' }, auth: 'none' });
  const sluice = run(['serve', '--port', '0'], { PORT: '2', HOST: '127.0.0.2' });
  expect(await sluice.url()).toMatch(/^http:\/\/127\.0\.0\.2:\d{4,5}$/);
  const wide = run(['serve', '--port', '0', '--host', '0.0.0.0']);
  const port = new URL(await wide.url()).port;
  expect((await call(`http://127.0.0.1:${port}/v1/models`, { headers: { host: 'any.name' } })).status).toBe(200);
});

describe('a configuration edited under load', () => {
  /** Asks without end until stopped; returns what did not succeed. */
  function load(url: string) {
    const state = { isOver: false };
    const failures: string[] = [];
    let count = 0;
    const workers = Array.from({ length: 4 }, async () => {
      while (!state.isOver) {
        const answer = await ask(url).catch((error: unknown) => ({ status: 0, text: String(error) }));
        count++;
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`);
      }
    });
    return async () => {
      state.isOver = true;
      await Promise.all(workers);
      expect(count).toBeGreaterThan(10);
      return failures;
    };
  }

  test('badly: it is told with its line, the old one stays, nothing is lost; then well: it takes effect', async () => {
    const { sluice, url } = await serve();
    const finish = load(url);
    writeFileSync(configPath(), `${readFileSync(configPath(), 'utf8')}sever: {}\n`);
    const line = await sluice.logged('the changed configuration is not usable; the old one stays in force');
    expect(line['fault']).toMatch(/sluice\.yaml:\d+ {2}sever: unknown key; did you mean "server"\?/);
    expect((await ask(url, { model: 'n' })).status).toBe(404);
    writeFileSync(`${configPath()}.new`, stringify({ models: [modelNamed('m'), modelNamed('n')] }));
    renameSync(`${configPath()}.new`, configPath());
    await sluice.logged('configuration reloaded');
    expect((await ask(url, { model: 'n' })).status).toBe(200);
    expect(await finish()).toEqual([]);
    expect(sluice.log.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('running streams of a model that is removed go on to their end', async () => {
    const { sluice, url } = await serve();
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', 'Hel'));
    });
    const response = await open(`${url}/v1/chat/completions`, { body: { ...body, stream: true } }).response;
    await nextPiece(response);
    const other = await FakeUpstream.start();
    write({ models: [{ name: 'other', backends: [{ provider: 'openai', baseUrl: other.baseUrl }] }] });
    await sluice.logged('configuration reloaded');
    expect((await ask(url)).status).toBe(404);
    const exchange = await upstream.exchange(0);
    exchange.event(chunk('m', 'lo', 'stop'));
    exchange.done();
    let text = '';
    for (let piece = await nextPiece(response); piece !== ''; piece = await nextPiece(response)) text += piece;
    expect(dataOf(text).at(-1)).toBe('[DONE]');
    await other.close();
  });

  test('a changed key is sent from the next request on, and neither shows in the log', async () => {
    const withKey = (apiKey: string) => ({
      models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl, apiKey }] }],
    });
    const { sluice, url } = await serve(withKey('canary-one'));
    await ask(url);
    write(withKey('canary-two'));
    await sluice.logged('configuration reloaded');
    await ask(url);
    expect(upstream.exchanges.map(({ headers }) => headers.authorization)).toEqual(['Bearer canary-one', 'Bearer canary-two']);
    expect(sluice.stdout + sluice.stderr).not.toContain('canary');
  });

  test('keys that need a start are named, and only if they were changed: flags are no change', async () => {
    const { sluice } = await serve({ server: { port: 8000 } });
    write({ server: { port: 8000 }, routing: { retries: 2 } });
    await sluice.logged('configuration reloaded');
    expect(sluice.log.some(({ msg }) => msg === 'these changes take effect at the next start')).toBe(false);
    write({ server: { port: 8001, maxBodyBytes: 5000 }, logging: { format: 'json' } });
    const line = await sluice.logged('these changes take effect at the next start');
    expect(line['keys']).toEqual(['server.port', 'server.maxBodyBytes', 'logging.format']);
  });

  test('a log level given by a flag or a variable holds over what the file says', async () => {
    const { sluice, url } = await serve({ logging: { level: 'info' } }, ['--debug']);
    write({ logging: { level: 'error' } });
    await sluice.logged('configuration reloaded');
    await ask(url);
    await sluice.logged('request');
  });

  test('what a changed file has without effect is told', async () => {
    const entry = (more: object) => ({
      model_list: [{ model_name: 'm', litellm_params: { model: 'openai/m', api_base: upstream.baseUrl, api_key: 'k', ...more } }],
    });
    const { sluice } = await serve();
    writeFileSync(configPath(), stringify(entry({ drop_params: true })));
    const line = await sluice.logged('is ignored: fields of a request are passed on as they are');
    expect(line).toMatchObject({ level: 'warn', key: 'model_list[0].litellm_params.drop_params', file: configPath() });
  });

  test('a change that would not be allowed to start is not taken over', async () => {
    const { sluice, url } = await serve({ auth: 'none' }, ['--host', '0.0.0.0']);
    write({});
    const line = await sluice.logged('the changed configuration is not usable; the old one stays in force');
    expect(line['fault']).toMatch(/without any key/);
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await call(`${local}/v1/models`, { headers: { host: 'any.name' } })).status).toBe(200);
  });
});

test.each(['json', 'pretty'])('a reader of the %s log that goes away takes nothing along', async (format) => {
  const { sluice, url } = await serve({ logging: { format } });
  sluice.child.stdout!.destroy();
  sluice.child.stderr!.destroy();
  for (let count = 0; count < 20; count++) expect((await ask(url)).status).toBe(200);
  // Longer than the log is held back.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await ask(url)).status).toBe(200);
  sluice.child.kill('SIGTERM');
  expect((await sluice.ended).code).toBe(0);
});

describe('the embedded engine', () => {
  const engine = {
    models: undefined,
    engine: { model: 'sluice-demo', allowDownload: false, contextTokens: 512, threads: 1, parallel: 2 },
  };

  /** The process ids of a gateway's children. */
  const childrenOf = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const lives = (pid: number) => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };

  test('killed in a stream ends that stream with an error event, comes back, and answers again; killed, the gateway takes it along', async () => {
    write({});
    writeFileSync(configPath(), stringify({ engine: engine.engine }));
    const sluice = run(['serve', '--port', '0']);
    const url = await sluice.url();
    const early = await call(`${url}/v1/completions`, { body: { model: 'phi-3-mini', prompt: 'a canal lock' } });
    if (early.status !== 200) {
      expect(early.status).toBe(503);
      expect(Number(early.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    await sluice.logged('model is ready');
    const request = { model: 'phi-3-mini', prompt: 'Once upon a time', max_tokens: 480, stream: true };
    expect((await call(`${url}/v1/completions`, { body: { ...request, stream: false, max_tokens: 4 } })).status).toBe(200);

    const response = await open(`${url}/v1/completions`, { body: request }).response;
    expect(await nextPiece(response)).toContain('data: {');
    const [pid] = childrenOf(sluice.child.pid!);
    process.kill(pid!, 'SIGKILL');
    let text = '';
    for (let piece = await nextPiece(response); piece !== ''; piece = await nextPiece(response)) text += piece;
    const events = dataOf(text);
    expect(events).not.toContain('[DONE]');
    const { error } = JSON.parse(events.at(-1)!) as { error: ErrorBody };
    expect(['bad_gateway', 'service_unavailable']).toContain(error.code);
    expect((await call(`${url}/health/liveliness`)).status).toBe(200);

    await until(
      async () => (await call(`${url}/v1/completions`, { body: { ...request, stream: false, max_tokens: 4 } })).status === 200,
      60_000,
    );
    expect((await call(`${url}/health`)).status).toBe(200);
    const [next] = childrenOf(sluice.child.pid!);
    expect(next).not.toBe(pid);
    sluice.child.kill('SIGKILL');
    await sluice.ended;
    await until(() => !lives(next!));
  }, 120_000);
});
