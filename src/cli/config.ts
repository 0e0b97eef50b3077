import { Command } from 'commander';
import { stringify } from 'yaml';
import { ConfigError } from '../config/config-error.ts';
import { readEnvironment } from '../config/environment.ts';
import { configJsonSchema, findConfigFile, loadConfig } from '../config/load.ts';
import { configuredModels } from '../server/models-from-config.ts';
import { fail } from './fail.ts';

interface FileOption {
  config?: string;
}

/** `sluice config check | show | schema` */
export function configCommand(): Command {
  const command = new Command('config').description('check, show and describe the configuration');
  command
    .command('check')
    .description('read the configuration and tell everything that is wrong in it')
    .option('-c, --config <file>', 'configuration file')
    .action((options: FileOption) => {
      const { path, config } = load(options);
      const models = configuredModels(config).map((model) => model.name);
      process.stdout.write(`${path ?? 'no configuration file; the defaults'}: good. Models: ${models.join(', ')}\n`);
      for (const warning of warnings(config)) process.stderr.write(`warning: ${warning}\n`);
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
  return command;
}

function load({ config: named }: FileOption) {
  const environment = readEnvironment(process.env);
  const path = findConfigFile(named ?? environment.configPath, process.cwd());
  try {
    return { path, config: loadConfig(path, environment.variables) };
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/** What is allowed and yet probably not meant. */
export function warnings(config: ReturnType<typeof loadConfig>): string[] {
  return (config.models ?? [])
    .filter((model) => model.contextTokens === undefined && model.backends.some((backend) => backend.provider === 'ollama'))
    .map(
      (model) => `models "${model.name}": Ollama cuts prompts that are too long without a word; set contextTokens to its num_ctx`,
    );
}
