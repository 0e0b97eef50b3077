import { Command } from 'commander';
import { findCachedModel, listCachedModels, removeCachedModel } from '../engine/cache.ts';
import type { NetworkSettings } from '../engine/download/network.ts';
import { codeOf, messageOf, ModelError } from '../engine/model-error.ts';
import { findKnownModel, knownModels, unknownModelMessage, type KnownModel } from '../engine/model-table.ts';
import { formatBytes, ProgressPrinter, type ProgressOutput } from '../engine/progress.ts';
import { resolveModel, type ResolveOptions } from '../engine/resolver.ts';
import { writeTinyModel } from '../engine/tiny-model.ts';

/** What `sluice models` needs from the outside; configuration alone reads the environment. */
export interface ModelsCommandOptions {
  cacheDirectory: string;
  network: NetworkSettings;
  /** Data goes to `stdout`, notes, progress and errors to `stderr`. By default those of the process. */
  stdout?: ProgressOutput;
  stderr?: ProgressOutput;
  /** Overrides for tests. */
  resolving?: Partial<ResolveOptions>;
}

interface Context extends Required<Omit<ModelsCommandOptions, 'resolving'>> {
  resolving: Partial<ResolveOptions>;
}

/** The command `sluice models`: list, pull and remove the models of the embedded engine. A failure ends with exit code 1. */
export function modelsCommand(options: ModelsCommandOptions): Command {
  const context: Context = { stdout: process.stdout, stderr: process.stderr, resolving: {}, ...options };
  const command = new Command('models').description('list, download and remove models of the embedded engine');
  const json = ['--json', 'print JSON'] as const;
  command
    .command('list', { isDefault: true })
    .description('show every known model and whether it is here')
    .option(...json)
    .action((flags: Flags) => run(context, () => list(context, flags)));
  command
    .command('pull')
    .description('download a model into the cache')
    .argument('<name>', 'a name from the list')
    .option(...json)
    .action((name: string, flags: Flags) => run(context, () => pull(context, name, flags)));
  command
    .command('remove')
    .description('delete a model from the cache, and what a cut download left')
    .argument('<name>', 'a name from the list')
    .option(...json)
    .action((name: string, flags: Flags) => run(context, () => remove(context, name, flags)));
  return command;
}

interface Flags {
  json?: true;
}

/** What went wrong with models, disk or network is for people and goes to stderr; a defect of ours is thrown on, with its stack. */
async function run(context: Context, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ModelError) && codeOf(error) === '') throw error;
    context.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

function known(name: string): KnownModel {
  const model = findKnownModel(name);
  if (model === null) throw new ModelError('unknown', unknownModelMessage(name));
  return model;
}

function printJson({ stdout }: Context, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

async function list(context: Context, flags: Flags): Promise<void> {
  const cached = new Map((await listCachedModels(context.cacheDirectory)).map((model) => [model.name, model]));
  if (flags.json === true) {
    const models = knownModels.map((model) => ({ ...model, cached: cached.get(model.name) ?? null }));
    printJson(context, { cacheDirectory: context.cacheDirectory, models });
    return;
  }
  const rows = knownModels.map((model) => {
    const here = cached.get(model.name);
    const size =
      here === undefined ? `${model.isSizeApproximate ? '~' : ''}${formatBytes(model.sizeBytes)}` : formatBytes(here.bytes);
    return [model.name, size, `~${formatBytes(model.memoryBytes)}`, model.licence, here === undefined ? 'no' : 'yes', model.note];
  });
  context.stdout.write(formatTable([['NAME', 'SIZE', 'MEMORY', 'LICENCE', 'HERE', 'NOTE'], ...rows]));
  const total = [...cached.values()].reduce((sum, model) => sum + model.bytes, 0);
  context.stderr.write(`\n${formatBytes(total)} in ${context.cacheDirectory}\n`);
}

async function pull(context: Context, name: string, flags: Flags): Promise<void> {
  const model = known(name);
  if (model.note !== '') context.stderr.write(`${model.title}: ${model.licence}. ${model.note}\n`);
  const printer = new ProgressPrinter(context.stderr, Date.now);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new ModelError('source', 'stopped; the next pull goes on where this one was'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const resolved = await resolveModel(model.name, {
      cacheDirectory: context.cacheDirectory,
      network: context.network,
      allowDownload: true,
      allowDemo: false,
      signal: stop.signal,
      writeDemo: writeTinyModel,
      onProgress: (progress) => printer.update(progress),
      onWait: (holder) => context.stderr.write(`${holder} is downloading it already; waiting for it\n`),
      ...context.resolving,
    });
    printer.finish();
    for (const { source, reason } of resolved.tried) context.stderr.write(`not from ${source}: ${reason}\n`);
    const cached = await findCachedModel(context.cacheDirectory, model.name);
    if (flags.json === true) printJson(context, { ...cached, tried: resolved.tried });
    else context.stdout.write(`${resolved.path}\n`);
  } finally {
    printer.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function remove(context: Context, name: string, flags: Flags): Promise<void> {
  const model = known(name);
  const freedBytes = await removeCachedModel(context.cacheDirectory, model.name);
  if (flags.json === true) printJson(context, { name: model.name, freedBytes });
  else
    context.stdout.write(
      freedBytes === 0 ? `${model.name} was not here\n` : `removed ${model.name}, ${formatBytes(freedBytes)} freed\n`,
    );
}

/** Columns as wide as their widest cell, two spaces apart. */
function formatTable(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
