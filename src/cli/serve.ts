import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError, type Finding } from '../config/config-error.ts';
import { readEnvironment, type Environment } from '../config/environment.ts';
import { exampleKeyFault } from '../config/example-key.ts';
import { findConfigFile, readConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { ConfigFile } from '../config/watch.ts';
import { messageOf } from '../engine/model-error.ts';
import { createLogger, type LogLevel } from '../telemetry/log.ts';
import { startServer, type RunningServer } from '../server/server.ts';
import { Banner } from './banner.ts';
import { closeOnSignals } from './close-on-signals.ts';
import { fail } from './fail.ts';
import { parsePort } from './parse-port.ts';
import { describeStartFailure } from './start-failure.ts';

interface ServeOptions {
  port?: number;
  host?: string;
  config?: string;
  model?: string;
  debug?: boolean;
  detailed_debug?: boolean;
}

/** Options of LiteLLM's image that have no meaning here: they are taken, so that its command lines go on working, and told in the log. */
const idleOptions = [
  '--num_workers <number>',
  '--run_gunicorn',
  '--run_hypercorn',
  '--run_granian',
  '--max_requests_before_restart <number>',
  '--keepalive_timeout <seconds>',
  '--use_prisma_db_push',
  '--use_v2_migration_resolver',
  '--enforce_prisma_migration_check',
  '--telemetry <boolean>',
].map((flags) => new Option(flags).hideHelp());

/** `sluice serve` */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('start the gateway; with no configuration a small model on this machine')
    .option('-p, --port <number>', 'port to listen on (PORT; default 8000)', parsePort)
    .option('--host <address>', 'address to listen on (HOST; default 127.0.0.1)')
    .option(
      '-c, --config <file>',
      'configuration file, ours or LiteLLM’s (SLUICE_CONFIG; default sluice.yaml here, if there is one)',
    )
    .option('--debug', 'write debug lines to the log')
    .addOption(new Option('--detailed_debug').hideHelp())
    .option('-m, --model <name or path>', 'model of the embedded engine: a name from `sluice models`, or a GGUF file', parseModel)
    .allowExcessArguments(true)
    .action(async (options: ServeOptions, command: Command) => {
      const [extra] = command.args;
      if (extra !== undefined) {
        command.error(
          `error: serve takes no arguments, but got '${extra}'; a model goes after --model, a configuration after --config`,
        );
      }
      await serve(options, idleFlags(command));
    });
  for (const option of idleOptions) command.addOption(option);
  return command;
}

/** Those of the options without meaning that were given. */
function idleFlags(command: Command): string[] {
  return idleOptions
    .filter((option) => command.getOptionValueSource(option.attributeName()) !== undefined)
    .map(({ long }) => long ?? '');
}

/** As the configuration's `engine.model`: anything but nothing. */
function parseModel(text: string): string {
  if (text === '') throw new InvalidArgumentError('a model is a name from `sluice models`, or the path of a GGUF file.');
  return text;
}

async function serve(options: ServeOptions, ignored: readonly string[]): Promise<void> {
  // Whoever read what we print may go away; the gateway stays.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const environment = readEnvironment(process.env);
  const configPath = findConfigFile(options.config ?? environment.configPath, process.cwd());
  const { config, configFile, logLevel, warnings } = readSettings(configPath, options, environment);
  if (options.model !== undefined) await refuseUnknownModel(options.model);
  const logger = createLogger({ ...config.logging, isTerminal: process.stdout.isTTY });
  for (const flag of ignored) logger.warn({ flag }, 'this option of LiteLLM has no meaning here and is ignored');
  for (const { file, line, path, message } of warnings) logger.warn({ file: file ?? configPath, line, key: path }, message);
  const banner = new Banner(process.stderr);
  let server: RunningServer;
  try {
    server = await startServer({
      config,
      configFile,
      environment,
      logger,
      logLevel,
      onEngineState: (state) => banner.engine(state),
    });
  } catch (error) {
    logger.flush();
    return fail(describeStartFailure(error, config.server));
  }
  banner.listening(server, configPath);
  closeOnSignals(server, environment.isNpmScript);
}

interface Settings {
  config: Config;
  configFile: ConfigFile | null;
  /** As a flag or a variable has it, over the file. */
  logLevel: LogLevel | undefined;
  warnings: readonly Finding[];
}

/** Flags override the environment, which overrides the file. */
function readSettings(path: string | null, options: ServeOptions, environment: Environment): Settings {
  try {
    const { config: file, warnings } = readConfig(path, environment.variables);
    const port = options.port ?? (environment.port === undefined ? file.server.port : parsePort(environment.port));
    const host = options.host ?? environment.host ?? file.server.host;
    const model = options.model ?? file.engine.model;
    const isDebug = options.debug === true || options.detailed_debug === true;
    const logLevel = isDebug ? 'debug' : environment.logLevel;
    const fault = exampleKeyFault(environment.masterKey ?? file.masterKey?.reveal(), host);
    if (fault !== null) return fail(fault);
    const logging = { ...file.logging, level: logLevel ?? file.logging.level };
    const config = { ...file, logging, server: { ...file.server, port, host }, engine: { ...file.engine, model } };
    return { config, configFile: path === null ? null : { path, config: file }, logLevel, warnings };
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    if (error instanceof InvalidArgumentError) return fail(`PORT=${environment.port}: ${error.message}`);
    throw error;
  }
}

/** A slip on the command line ends it there. One in the file does not take down the other models: the engine tells that one. */
async function refuseUnknownModel(model: string): Promise<void> {
  const { checkModelSetting } = await import('../engine/resolver.ts');
  await checkModelSetting(model).catch((error: unknown) => fail(`--model: ${messageOf(error)}`));
}
