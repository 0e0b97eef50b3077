import { Command } from 'commander';
import { fail } from './cli/fail.ts';
import { readEnvironment } from './config/environment.ts';
import { modeOf, type Mode } from './config/mode.ts';
import { nearest } from './config/nearest.ts';
import { version } from './version.ts';

/** The command line: argv to command, nothing else. `serve` starts without loading what only the other commands need. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('sluice')
    .description('Serves open LLMs behind an OpenAI-compatible, rate-limited, metered API.')
    .version(version)
    .showHelpAfterError('(sluice --help lists the commands)')
    .addCommand(await serve(argv[2]), { isDefault: true });
  if (argv[2] !== 'serve') for (const command of await otherCommands()) program.addCommand(command);
  refuseUnknownCommand(program, argv[2]);
  await program.parseAsync(argv);
}

/** The gateway, or what stands in for it and is a fraction of it: only one of them is loaded. */
async function serve(word: string | undefined): Promise<Command> {
  const isServe = word === undefined || word === 'serve' || word.startsWith('-');
  let mode: Mode = 'gateway';
  try {
    if (isServe) mode = modeOf(process.env);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  return mode === 'standby'
    ? (await import('./cli/standby.ts')).standbyCommand()
    : (await import('./cli/serve.ts')).serveCommand();
}

/** Otherwise a slip would be taken for an argument of the default command. */
function refuseUnknownCommand(program: Command, word: string | undefined): void {
  const names = [...program.commands.map((command) => command.name()), 'help'];
  if (word === undefined || word.startsWith('-') || names.includes(word)) return;
  const meant = nearest(word, names);
  program.error(`error: unknown command '${word}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
}

async function otherCommands(): Promise<Command[]> {
  const [
    { configCommand },
    { modelsCommand },
    { costCommand },
    { pricesCommand },
    { importCommand },
    { keysCommand },
    { spendCommand },
    { preflightCommand },
    { doctorCommand },
    { tfvarsCommand },
    { bootstrapCommand },
    { stageCommand },
    { deployCommand },
    { destroyCommand },
    { statusCommand },
    { logsCommand },
  ] = await Promise.all([
    import('./cli/config.ts'),
    import('./cli/models.ts'),
    import('./cli/cost.ts'),
    import('./cli/prices.ts'),
    import('./cli/import.ts'),
    import('./cli/keys.ts'),
    import('./cli/spend.ts'),
    import('./cli/preflight.ts'),
    import('./cli/doctor.ts'),
    import('./cli/tfvars.ts'),
    import('./cli/bootstrap.ts'),
    import('./cli/stage.ts'),
    import('./cli/deploy.ts'),
    import('./cli/destroy.ts'),
    import('./cli/status.ts'),
    import('./cli/logs.ts'),
  ]);
  const environment = readEnvironment(process.env);
  const models = modelsCommand({ cacheDirectory: environment.modelDirectory, network: environment });
  const gateway = [keysCommand({ environment }), spendCommand({ environment })];
  const bills = [costCommand(undefined, environment.proxies), pricesCommand(undefined, environment.proxies)];
  const deploying = [
    tfvarsCommand,
    bootstrapCommand,
    preflightCommand,
    stageCommand,
    deployCommand,
    doctorCommand,
    statusCommand,
    logsCommand,
    destroyCommand,
  ];
  const deployment = deploying.map((make) => make({ environment }));
  return [models, configCommand(), ...gateway, importCommand(environment), ...bills, ...deployment];
}
