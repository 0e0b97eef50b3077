import fastify, { type FastifyInstance } from 'fastify';
import type { Access, Role } from '../../src/core/access.ts';
import { storedSpend, type AdminServices } from '../../src/admin/services.ts';
import { GatewayError, toEnvelope, toGatewayError } from '../../src/errors.ts';
import { adminRoutes } from '../../src/http/routes/admin.ts';
import { registerRoutes, type RouteDefinition } from '../../src/http/route.ts';
import { newKey } from '../../src/keys/key-hash.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { memoryStore } from '../../src/store/testing.ts';

/** Who sends a request, as authentication would have found out. */
export interface Sender {
  role: Role;
  isMaster?: boolean;
  keyHash?: string | null;
  userId?: string | null;
  teamId?: string | null;
}

export const master: Sender = { role: 'admin', isMaster: true };

export interface Answer {
  status: number;
  /** Whatever JSON it is. */
  body: ReturnType<typeof JSON.parse>;
}

/** The admin API over an empty store, without the authentication before it. */
export class AdminApp {
  readonly store: Store;
  readonly routes: RouteDefinition[];
  readonly services: AdminServices;
  readonly announced: Change[] = [];
  /** Unix milliseconds. */
  nowMs = Date.UTC(2027, 0, 15, 12);
  readonly #app: FastifyInstance;
  #ids = 0;

  private constructor(store: Store) {
    this.store = store;
    const now = () => this.nowMs;
    this.services = { store, now, newKey, newId: () => `id-${++this.#ids}`, currentSpend: storedSpend(store, now) };
    this.routes = adminRoutes(this.services);
    store.onChange((change) => this.announced.push(change));
    this.#app = fastify({ genReqId: () => 'request-1' });
    this.#app.decorateRequest('access');
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    this.#app.addHook('onRequest', (request, _reply, done) => {
      request.access = accessOf(JSON.parse(String(request.headers['x-sender'])) as Sender);
      done();
    });
    this.#app.setErrorHandler((thrown, _request, reply) => {
      const error = toGatewayError(thrown);
      if (error.code === 'internal_error') throw new Error('a defect', { cause: error.cause });
      void reply.code(error.status).send(toEnvelope(error));
    });
    registerRoutes(this.#app, this.routes);
  }

  static async start(store?: Store): Promise<AdminApp> {
    return new AdminApp(store ?? (await memoryStore()));
  }

  async send(sender: Sender, method: 'GET' | 'POST', path: string, body?: object | string): Promise<Answer> {
    const response = await this.#app.inject({
      method,
      url: path,
      headers: { 'content-type': 'application/json', 'x-sender': JSON.stringify(sender) },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.statusCode, body: response.json() };
  }

  get(path: string, sender = master): Promise<Answer> {
    return this.send(sender, 'GET', path);
  }

  post(path: string, body: object | string, sender = master): Promise<Answer> {
    return this.send(sender, 'POST', path, body);
  }

  /** Posts, and gives the answer's body; any other status than 200 fails the test. */
  async do(path: string, body: object, sender = master): Promise<Answer['body']> {
    const answer = await this.post(path, body, sender);
    if (answer.status !== 200) throw new GatewayError('internal_error', `${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.store.close();
  }
}

function accessOf({ role, isMaster = false, keyHash = null, userId = null, teamId = null }: Sender): Access {
  return {
    keyHash,
    keyAlias: null,
    keyName: null,
    role,
    isMaster,
    userId,
    teamId,
    expiresAtMs: null,
    grants: [],
    routes: null,
    scopes: [],
    modelAliases: {},
    guardrails: [],
    tags: [],
    metadata: {},
  };
}
