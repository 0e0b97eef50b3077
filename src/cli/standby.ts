import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, type Environment } from '../config/environment.ts';
import { corsOriginsOf } from '../config/mode.ts';
import { idMaker } from '../server/ids.ts';
import { startStandby, type RunningStandby } from '../server/standby.ts';
import { accessLine } from '../telemetry/access-line.ts';
import { createLogger, type OwnedLogger } from '../telemetry/log.ts';
import { closeOnSignals } from './close-on-signals.ts';
import { fail } from './fail.ts';
import { parsePort } from './parse-port.ts';
import { describeStartFailure } from './start-failure.ts';

interface StandbyOptions {
  port?: number;
  host?: string;
  config?: string;
}

const shutdownTimeoutMs = 5_000;

/** `sluice serve` with `SLUICE_MODE=standby`. Options that only the gateway knows are taken, so that the same command line starts both. */
export function standbyCommand(): Command {
  return new Command('serve')
    .description('start the standby responder: 503 to everything, while no host serves the model (SLUICE_MODE=standby)')
    .option('-p, --port <number>', 'port to listen on (PORT; default 8000)', parsePort)
    .option('--host <address>', 'address to listen on (HOST; default 127.0.0.1)')
    .option('-c, --config <file>', 'configuration whose cors.origins hold (SLUICE_CONFIG; default SLUICE_CORS_ORIGINS)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((options: StandbyOptions) => serveStandby(options));
}

async function serveStandby(options: StandbyOptions): Promise<void> {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const environment = readEnvironment(process.env);
  const logger = createLogger({ level: environment.logLevel ?? 'info', format: 'auto', isTerminal: process.stdout.isTTY });
  const newId = idMaker();
  const place = { host: options.host ?? environment.host ?? '127.0.0.1', port: options.port ?? portOf(environment) };
  let standby: RunningStandby;
  try {
    standby = await startStandby({
      ...place,
      corsOrigins: await corsOrigins(options.config ?? environment.configPath, environment, logger),
      shutdownTimeoutMs,
      newRequestId: () => `req_${newId()}`,
      now: () => performance.now(),
      onFinished: (request) => logger.request(accessLine(request)),
    });
  } catch (error) {
    logger.flush();
    return fail(describeStartFailure(error, place));
  }
  logger.info({ url: standby.url }, 'listening on standby');
  const close = async () => {
    await standby.close();
    logger.info({}, 'stopped');
    logger.flush();
  };
  closeOnSignals({ close }, environment.isNpmScript);
}

function portOf({ port }: Environment): number {
  try {
    return port === undefined ? 8000 : parsePort(port);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return fail(`PORT=${port}: ${error.message}`);
    throw error;
  }
}

/**
 * The origins of a configuration that was named, else those of the variable. A configuration that cannot be used is told and passed over: it
 * is written for the hosts, with their variables, and a responder that did not start for it would help nobody.
 */
async function corsOrigins(
  path: string | undefined,
  { variables }: Environment,
  logger: OwnedLogger,
): Promise<readonly string[]> {
  if (path === undefined) return corsOriginsOf(variables);
  // Loaded only here: it is larger than all the rest.
  const { loadConfig } = await import('../config/load.ts');
  try {
    const { origins } = loadConfig(path, variables).cors;
    return origins.length > 0 ? origins : corsOriginsOf(variables);
  } catch (error) {
    logger.warn(
      { fault: error instanceof Error ? error.message : String(error) },
      'the configuration is not usable; SLUICE_CORS_ORIGINS holds',
    );
    return corsOriginsOf(variables);
  }
}
