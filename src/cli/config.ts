import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { ConfigError, formatFindings } from '../config/config-error.ts';
import { readEnvironment } from '../config/environment.ts';
import { convertLitellm } from '../config/litellm/convert.ts';
import { configJsonSchema, findConfigFile, readConfig, readConfigText } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { configuredModels } from '../server/models-from-config.ts';
import { fail } from './fail.ts';

interface FileOption {
  config?: string;
}

/** `sluice config check | show | schema | convert` */
export function configCommand(): Command {
  const command = new Command('config').description('check, show and describe the configuration');
  command
    .command('check')
    .description('read the configuration and tell everything that is wrong in it')
    .option('-c, --config <file>', 'configuration file')
    .action((options: FileOption) => {
      const { path, config, warnings: accepted } = load(options);
      const models = configuredModels(config).map((model) => model.name);
      process.stdout.write(`${path ?? 'no configuration file; the defaults'}: good. Models: ${models.join(', ')}\n`);
      const told = accepted.map((warning) => formatFindings(path ?? '', [warning]));
      for (const warning of [...told, ...warnings(config)]) process.stderr.write(`warning: ${warning}\n`);
    });
  command
    .command('show')
    .description('print the configuration in force, defaults filled in, secrets masked')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'as JSON')
    .action((options: FileOption & { json?: boolean }) => {
      const { config } = load(options);
      // Through JSON, so that secrets print as *** whatever the format.
      const masked: unknown = JSON.parse(JSON.stringify({ ...config, models: configuredModels(config) }));
      process.stdout.write(options.json ? `${JSON.stringify(masked, null, 2)}\n` : stringify(masked));
    });
  command
    .command('schema')
    .description('print the JSON Schema of sluice.yaml, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
  command
    .command('convert')
    .description('write a configuration of LiteLLM in our own form')
    .argument('<file>', 'LiteLLM’s configuration file')
    .option('-o, --out <file>', 'file to write, which must not exist yet; default: standard output')
    .action((file: string, { out }: { out?: string }) => convert(resolve(file), out));
  return command;
}

function convert(file: string, out: string | undefined): void {
  const text = orFail(() => convertLitellm(readConfigText(file), file, process.env));
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(out, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error);
    fail(
      code === 'EEXIST'
        ? `${out} exists already; remove it, or choose another name`
        : `${out} cannot be written (${String(code)})`,
    );
  }
}

function load({ config: named }: FileOption) {
  const environment = readEnvironment(process.env);
  const path = findConfigFile(named ?? environment.configPath, process.cwd());
  return { path, ...orFail(() => readConfig(path, environment.variables)) };
}

function orFail<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/** What is allowed and yet probably not meant. */
export function warnings(config: Config): string[] {
  return (config.models ?? [])
    .filter((model) => model.contextTokens === undefined && model.backends.some((backend) => backend.provider === 'ollama'))
    .map(
      (model) => `models "${model.name}": Ollama cuts prompts that are too long without a word; set contextTokens to its num_ctx`,
    );
}
