import type { IncomingHttpHeaders } from 'node:http';
import { existsSync } from 'node:fs';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { watchConfig, type ConfigFile } from '../config/watch.ts';
import { Inference } from '../core/inference.ts';
import { ModelTable } from '../core/model-table.ts';
import type { Engine, EngineState } from '../engine/engine.ts';
import type { Guardrails } from '../guardrails/guardrails.ts';
import { createApp } from '../http/app.ts';
import type { OriginPolicy } from '../http/hooks/guard-origin.ts';
import { describeCause, stackOf } from '../telemetry/describe-cause.ts';
import type { LogLevel, OwnedLogger } from '../telemetry/log.ts';
import { Transport } from '../transport/transport.ts';
import { extractKey } from '../keys/presented-key.ts';
import { ApiModels } from './api-models.ts';
import { Governance } from './governance.ts';
import { GatewayHealth } from './gateway-health.ts';
import { GpuProbe } from './gpu-probe.ts';
import { guardrailBuilder } from './guardrails-from-config.ts';
import { HealthChecks } from './health-checks.ts';
import { idMaker } from './ids.ts';
import { logEngineState } from './log-engine-state.ts';
import { buildModelTable, configuredModels, originsOf, usesEngine } from './models-from-config.ts';
import { moreRoutes } from './more-routes.ts';
import { openAccess } from './open-access.ts';
import { originPolicy, refuseUnknownHost } from './origin-policy.ts';
import { Reporting } from './reporting.ts';
import { keysThatNeedARestart } from './restart-keys.ts';

/** What a server is started with. */
export interface ServerInput {
  config: Config;
  /** The file that `config` came from and what stood in it, flags and environment aside; it is watched. Null: none. */
  configFile: ConfigFile | null;
  environment: Environment;
  logger: OwnedLogger;
  /** Given by a flag or a variable: holds over what the configuration says, at reloads too. */
  logLevel?: LogLevel | undefined;
  /** Every change of the embedded engine, for the terminal. */
  onEngineState?: (state: EngineState) => void;
}

/** A gateway that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8000` */
  url: string;
  models: () => ModelTable;
  /** Whether clients need a key. */
  readonly isKeyed: boolean;
  /** Stops accepting, lets running requests end within the shutdown limit, and closes everything. Returns how many were cut off. */
  close(): Promise<number>;
}

/**
 * The composition root: makes every part from the configuration, connects them, and listens. Nothing else constructs.
 * @throws GatewayError when the host is not known or the configuration would open the gateway to strangers; the socket's own error when the port is taken
 */
export async function startServer(input: ServerInput): Promise<RunningServer> {
  await refuseUnknownHost(input.config.server.host);
  const current = { config: input.config };
  const clock = { now: () => performance.now(), newId: idMaker() };
  const { environment, logger } = input;
  const governance = await Governance.create({ config: () => current.config, environment, logger, ...clock });
  const server = new Server({ ...input, ...clock, current, governance });
  try {
    await server.listen();
  } catch (error) {
    await server.abandon();
    throw error;
  }
  return server;
}

interface Parts extends ServerInput {
  /** The configuration in force. */
  current: { config: Config };
  governance: Governance;
  now: () => number;
  newId: () => string;
}

const pagesDirectory = fileURLToPath(new URL('../../web/dist', import.meta.url));
const drainPollMs = 25;

class Server implements RunningServer {
  url = '';
  #models: ModelTable = new ModelTable([]);
  #guardrails: Guardrails;
  #engine: Engine | null = null;
  #isDraining = false;
  /** Requests whose answers are not out yet. */
  #open = 0;
  #originPolicy: OriginPolicy;
  #stopWatching: () => void = () => undefined;
  readonly #input: Parts;
  readonly #governance: Governance;
  readonly #created = Math.floor(Date.now() / 1000);
  readonly #transport = new Transport();
  readonly #buildGuardrails: (config: Config) => Guardrails;
  readonly #inference: Inference;
  readonly #reporting: Reporting;
  readonly #gpu: GpuProbe;
  readonly #checks: HealthChecks;
  readonly #apiModels: ApiModels;
  readonly #app: ReturnType<typeof createApp>;

  constructor(input: Parts) {
    const { config, logger, governance, environment, now, newId } = input;
    this.#input = input;
    this.#governance = governance;
    this.#originPolicy = originPolicy(config, environment);
    const models = () => this.#models;
    this.#buildGuardrails = guardrailBuilder(this.#transport, input.configFile?.path ?? null);
    this.#guardrails = this.#buildGuardrails(config);
    const presentedKey = (headers: IncomingHttpHeaders) =>
      extractKey(headers, this.#config.compatibility.keyHeader?.toLowerCase() ?? null);
    this.#inference = new Inference({
      transport: this.#transport,
      guardrails: () => this.#guardrails,
      admission: governance.admission,
      settlement: governance.settlement,
      models,
      settings: () => ({ ...this.#config.routing, heartbeatMs: this.#config.server.heartbeatMs }),
      countTokensUpTo: async (limit, text) => (await import('../tokens/count-tokens.ts')).countTokensUpTo(limit, text),
      now,
      random: Math.random,
      newId,
      onFailedAttempt: ({ requestId, backend, error }) =>
        logger.warn({ request_id: requestId, backend, code: error.code, cause: describeCause(error) }, 'attempt failed'),
    });
    this.#checks = new HealthChecks({
      transport: this.#transport,
      models,
      intervalMs: () => this.#config.routing.healthIntervalMs,
      onChange: ({ id, health }) => {
        if (health.check === 'down') logger.warn({ backend: id, reason: health.reason }, 'backend is down');
        else logger.info({ backend: id }, 'backend is up');
        if (health.check === 'up') this.#reporting.backendIsUp();
      },
    });
    this.#apiModels = new ApiModels({
      store: governance.services.store,
      box: () => governance.secretBox(),
      variables: environment.variables,
      isAlias: (name) => configuredModels(this.#config).some(({ aliases }) => aliases.includes(name)),
      logger,
      onChange: () => this.#takeApiModels(),
    });
    this.#rebuildModels();
    this.#gpu = new GpuProbe({ settings: () => this.#config.gpuProbe ?? null, wallNow: Date.now, logger });
    const health = new GatewayHealth({
      config: () => this.#config,
      models,
      governance,
      isDraining: () => this.#isDraining,
      gpuMemoryUsed: () => this.#gpu.memoryUsed,
      waiting: () => this.#inference.waiting,
      engine: () => this.#engine,
    });
    this.#reporting = new Reporting({
      config: () => this.#config,
      models,
      logger,
      queueLength: () => health.queueLength,
      source: {
        inFlight: () => this.#inference.inFlight,
        waiting: () => this.#inference.waiting,
        ...governance.figures(),
      },
    });
    this.#app = createApp({
      inference: this.#inference,
      isDraining: () => this.#isDraining,
      models,
      health: () => health.answer(),
      readiness: () => health.readiness(),
      healthDetails: (request) => health.details(presentedKey(request.headers)),
      gate: {
        isKeyed: () => governance.isKeyed,
        presentedKey,
        find: (key) => governance.directory.find(key),
        open: openAccess,
        areMetricsOpen: () => this.#config.metrics.auth === 'none' || !governance.isKeyed,
      },
      userHeader: () => this.#config.compatibility.userHeader?.toLowerCase() ?? null,
      usesLitellmErrors: () => this.#config.compatibility.litellmErrors,
      moreRoutes: moreRoutes({ governance, apiModels: this.#apiModels, models }),
      metrics: () => this.#reporting.render(),
      limits: config.server,
      originPolicy: () => this.#originPolicy,
      pagesDirectory: existsSync(pagesDirectory) ? pagesDirectory : null,
      now,
      newRequestId: () => `req_${newId()}`,
      onStarted: () => this.#open++,
      onFinished: (request) => {
        this.#open--;
        this.#reporting.record(request);
      },
      onUnreadable: ({ code, status }, requestId) =>
        this.#reporting.record({
          requestId,
          method: '-',
          path: '-',
          route: null,
          status,
          durationMs: 0,
          errorCode: code,
          inference: null,
        }),
      onDefect: (error, requestId) =>
        logger.error({ request_id: requestId, cause: describeCause(error), stack: stackOf(error) }, 'request failed by a defect'),
    });
  }

  get #config(): Config {
    return this.#input.current.config;
  }

  get models(): () => ModelTable {
    return () => this.#models;
  }

  get isKeyed(): boolean {
    return this.#governance.isKeyed;
  }

  async listen(): Promise<void> {
    const { host, port } = this.#config.server;
    // For "localhost" the framework would open a second server for the other address family, without our handlers and out of our reach.
    await this.#app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
    const address = this.#app.server.address() as AddressInfo;
    const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    this.url = `http://${shownHost}:${address.port}`;
    this.#input.logger.info({ url: this.url }, 'listening');
    this.#gpu.start();
    await Promise.all([this.#reporting.start(), this.#governance.open()]);
    if (this.#governance.database !== 'Not connected') await this.#apiModels.load();
    if (usesEngine(this.#config)) await this.#startEngine();
    this.#checks.start();
    this.#watch();
  }

  async close(): Promise<number> {
    const { logger } = this.#input;
    this.#isDraining = true;
    this.#stopWatching();
    this.#apiModels.close();
    this.#checks.close();
    this.#gpu.close();
    logger.info({ in_flight: this.#open }, 'shutting down');
    // Only stops listening. The HTTP server's own way would also cut off answers that are written but not yet read by a slow client.
    NetServer.prototype.close.call(this.#app.server);
    const deadline = this.#input.now() + this.#config.server.shutdownTimeoutMs;
    while (this.#open > 0 && this.#input.now() < deadline) await new Promise((resolve) => setTimeout(resolve, drainPollMs));
    const cutOff = this.#open;
    const closed = this.#app.close();
    if (cutOff > 0) logger.warn({ in_flight: cutOff }, 'the shutdown limit has passed; running requests are cut off');
    setTimeout(() => this.#app.server.closeAllConnections(), cutOff > 0 ? 0 : 500).unref();
    await closed;
    await Promise.all([this.#transport.close(), this.#engine?.close(2_000), this.#governance.close()]);
    this.#reporting.close();
    logger.info({}, 'stopped');
    logger.flush();
    return cutOff;
  }

  /** Lets go of what a start that failed has opened. */
  async abandon(): Promise<void> {
    this.#stopWatching();
    this.#apiModels.close();
    this.#checks.close();
    this.#gpu.close();
    this.#reporting.close();
    this.#app.server.closeAllConnections();
    await Promise.allSettled([this.#app.close(), this.#transport.close(), this.#governance.close()]);
  }

  async #startEngine(): Promise<void> {
    const { environment, logger, onEngineState } = this.#input;
    // Loaded after the gateway listens: it is not needed to take requests.
    const { startEngine } = await import('../engine/supervisor.ts');
    const engine = startEngine(
      { ...this.#config.engine, cacheDirectory: environment.modelDirectory },
      { network: environment, log: (level, line) => logger[level]({ engine: true }, line) },
    );
    this.#engine = engine;
    const onState = (state: EngineState) => {
      this.#rebuildModels();
      if (state.status === 'ready') void this.#checks.round();
      logEngineState(logger, state);
      onEngineState?.(state);
    };
    engine.onState(onState);
    onState(engine.state);
  }

  #watch(): void {
    const { configFile, environment, logger } = this.#input;
    if (configFile === null) return;
    this.#stopWatching = watchConfig(configFile, environment.variables, {
      onConfig: (config, started, warnings) => {
        const { server, engine } = this.#config;
        const { allowedHosts, heartbeatMs } = config.server;
        const logging = { ...config.logging, level: this.#input.logLevel ?? config.logging.level };
        const next = { ...config, logging, server: { ...server, allowedHosts, heartbeatMs }, engine };
        // What would not be started is not taken over either.
        const guardrails = this.#buildGuardrails(next);
        this.#originPolicy = originPolicy(next, environment);
        this.#guardrails = guardrails;
        const fixed = keysThatNeedARestart(started, config);
        if (fixed.length > 0) logger.warn({ keys: fixed }, 'these changes take effect at the next start');
        this.#input.current.config = next;
        this.#governance.reload();
        logger.setLevel(logging.level);
        for (const { file, line, path, message } of warnings)
          logger.warn({ file: file ?? configFile.path, line, key: path }, message);
        this.#rebuildModels();
        // Names that the API gave may mean something else in the new file.
        if (this.#apiModels.models.length > 0) void this.#apiModels.load();
        logger.info({ models: this.#models.models.map((model) => model.name) }, 'configuration reloaded');
        void this.#checks.round();
      },
      onFault: (error) =>
        logger.error({ fault: error.message }, 'the changed configuration is not usable; the old one stays in force'),
    });
  }

  #takeApiModels(): void {
    this.#rebuildModels();
    if (this.url !== '' && !this.#isDraining) void this.#checks.round();
  }

  #rebuildModels(): void {
    this.#models = buildModelTable({
      config: this.#config,
      added: this.#apiModels.models,
      engineState: () => this.#engine?.state ?? null,
      created: this.#created,
      previous: this.#models,
    });
    this.#transport.retain(originsOf(this.#models));
  }
}
