import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { stringify } from 'yaml';
import { call, until, type Answer } from '../../support/client.ts';
import { FakeUpstream } from '../../support/fake-upstream.ts';
import { startPostgres, startRedis, type PostgresServer, type RedisServer } from '../../support/services.ts';
import { SluiceProcess } from '../../support/sluice-process.ts';
import { Engine } from './engine.ts';
import { priceUsd } from './sums.ts';

export const masterKey = 'sk-master-of-the-governance-tests';

/** One gateway process; it keeps its folder, and with it what it spooled, when it is started again. */
export interface Gateway {
  url: string;
  process: SluiceProcess;
}

interface WorldOptions {
  gateways?: number;
  /** Without them: the embedded database, and limits counted in the process. */
  hasServices?: boolean;
  config?: Record<string, unknown>;
}

/** Gateway processes that share an upstream, a Redis and a PostgreSQL, and an administrator who talks to them. */
export class GovernanceWorld {
  readonly engine = new Engine();
  readonly agent = new Agent({ keepAlive: true });
  readonly gateways: Gateway[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'test-governance-'));
  readonly #upstream: FakeUpstream;
  readonly #options: WorldOptions;
  readonly #redis: RedisServer | null;
  readonly #postgres: PostgresServer | null;

  private constructor(upstream: FakeUpstream, options: WorldOptions, services: [RedisServer, PostgresServer] | null) {
    this.#upstream = upstream;
    this.#options = options;
    [this.#redis, this.#postgres] = services ?? [null, null];
    upstream.always((exchange) => this.engine.answer(exchange));
  }

  static async start(options: WorldOptions = {}): Promise<GovernanceWorld> {
    const { hasServices = true, gateways = 2 } = options;
    const services = hasServices ? await Promise.all([startRedis(), startPostgres()]) : null;
    const world = new GovernanceWorld(await FakeUpstream.start(), options, services);
    await Promise.all(Array.from({ length: gateways }, (_, index) => world.startGateway(index)));
    return world;
  }

  get redis(): RedisServer {
    return this.#redis!;
  }

  get postgres(): PostgresServer {
    return this.#postgres!;
  }

  get urls(): string[] {
    return this.gateways.map(({ url }) => url);
  }

  /** Starts a gateway, or starts it anew after its end. Resolves when it answers and its database is there. */
  async startGateway(index: number): Promise<void> {
    const directory = join(this.#folder, String(index));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'sluice.yaml'), stringify(this.#config()));
    const addresses = this.#postgres === null ? {} : { DATABASE_URL: this.#postgres.url, REDIS_URL: this.redis.url };
    const environment = { SLUICE_MASTER_KEY: masterKey, SLUICE_DATA: join(directory, 'data'), ...addresses };
    const process = new SluiceProcess(['serve', '--config', 'sluice.yaml'], { directory, environment });
    const url = await process.url();
    this.gateways[index] = { url, process };
    await until(async () => (await this.readiness(url))['db'] === 'connected', 40_000);
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await Promise.all(this.gateways.map(({ process }) => process.stop()));
    await Promise.all([this.#upstream.close(), this.#redis?.stop(), this.#postgres?.stop()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async readiness(url: string): Promise<Record<string, unknown>> {
    return (await call(`${url}/health/readiness`)).json();
  }

  /** A request of the administrator; throws unless it succeeds. */
  async admin(path: string, body?: object, url = this.urls[0]!): Promise<Record<string, unknown>> {
    const answer = await this.tryAdmin(path, body, url);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json();
  }

  tryAdmin(path: string, body: object | undefined, url: string): Promise<Answer> {
    return call(`${url}${path}`, { headers: { authorization: `Bearer ${masterKey}` }, ...(body === undefined ? {} : { body }) });
  }

  /** A new key, and its hash. */
  async newKey(fields: object = {}): Promise<{ key: string; hash: string }> {
    const made = await this.admin('/key/generate', fields);
    return { key: String(made['key']), hash: String(made['token']) };
  }

  /** Rows of one statement, on a connection of its own. */
  async sql(text: string, values: readonly unknown[] = []): Promise<Record<string, string>[]> {
    const client = new Client({ connectionString: this.postgres.url });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as Record<string, string>[];
    } finally {
      await client.end();
    }
  }

  #config(): Record<string, unknown> {
    const backends = [{ provider: 'openai', baseUrl: this.#upstream.baseUrl }];
    return {
      server: { port: 0 },
      routing: { retries: 0 },
      limits: { leaseMs: 3_000 },
      models: [{ name: 'm', price: priceUsd, maxOutputTokens: 100, backends }],
      ...this.#options.config,
    };
  }
}
