import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { buildPage } from './built-page.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The gateway itself, with keys, an embedded database in a folder of its own, and the built pages, before a fake engine. */
export class KeyedGateway {
  readonly url: string;
  readonly upstream: FakeUpstream;
  readonly masterKey = 'sk-master-of-the-browser-tests';
  readonly #gateway: TestGateway;
  readonly #folder: string;

  private constructor(gateway: TestGateway, upstream: FakeUpstream, folder: string) {
    this.#gateway = gateway;
    this.#folder = folder;
    this.url = gateway.url;
    this.upstream = upstream;
  }

  /** `configure` gives the configuration, of which `models` has to be a part; `fill` writes into the database before the gateway opens it. */
  static async start(
    configure: (upstream: FakeUpstream) => Record<string, unknown>,
    fill?: (store: Store) => Promise<void>,
  ): Promise<KeyedGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-browser-'));
    const [upstream] = await Promise.all([FakeUpstream.start(), buildPage()]);
    if (fill !== undefined) {
      const directory = join(folder, 'database');
      const store = await openStore({ url: null, directory, poolSize: 1, connectTimeoutMs: 5_000, log: silent });
      await fill(store);
      await store.close();
    }
    const variables = { SLUICE_DATA: folder, SLUICE_MASTER_KEY: 'sk-master-of-the-browser-tests' };
    return new KeyedGateway(await startGateway(configure(upstream), variables), upstream, folder);
  }

  /** Sends a request with a key; the parsed answer. */
  async send(path: string, key: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(this.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Asks a model, so that it costs. */
  chat(key: string, model: string) {
    return this.send('/v1/chat/completions', key, { model, messages: [{ role: 'user', content: 'How deep is the sea?' }] });
  }

  async close(): Promise<void> {
    await this.#gateway.close();
    await this.upstream.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
