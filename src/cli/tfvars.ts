import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { Environment as ProcessEnvironment } from '../config/environment.ts';
import { nearest } from '../config/nearest.ts';
import { guarded, processIo, type CommandIo } from '../cost/command-io.ts';
import { bundledBook } from '../cost/prices/bundled.ts';
import { environments, missingInfrastructure, topologies, type Environment, type Topology } from '../deploy/target.ts';
import { fields } from '../deploy/tfvars-dialog/fields.ts';
import { egressChoices, typeChoices, zoneChoices } from '../deploy/tfvars-dialog/hints.ts';
import { interview, type Interview } from '../deploy/tfvars-dialog/interview.ts';
import { faultOf, parseAnswer, refuseFaults } from '../deploy/tfvars-dialog/parse-answer.ts';
import { renderTfvars } from '../deploy/tfvars-dialog/render.ts';
import { parseTfvars, type Tfvars, type TfvarsValue } from '../deploy/tfvars.ts';
import { GatewayError } from '../errors.ts';
import { loadPrompts } from './dialog.ts';
import { explained } from './explained.ts';
import { awsOf, type TargetCommandOptions } from './target-command.ts';
import { terminalAsker } from './tfvars-asker.ts';

interface TfvarsFlags {
  env: Environment;
  infrastructure: string;
  set: string[];
  yes?: true;
  out?: string;
}

const wayOut = '--yes takes what --set says, what stands in the file, and the defaults';

/** `sluice tfvars`: asks for what an environment of one's own needs, and writes its variables. Exit status 1: a value that would be refused, or nobody to ask. */
export function tfvarsCommand({ environment, io = processIo }: TargetCommandOptions): Command {
  return explained(new Command('tfvars'), {
    examples: [
      'sluice tfvars gpu --env dev',
      'sluice tfvars gpu --env dev --yes --set max_instances=3 --set alarm_email=ops@example.com --out -',
    ],
    statuses: { 0: 'written, or as it stood', 1: 'the topology would refuse a value, or there is nobody to ask' },
  })
    .description('write the variables of an environment by answering questions')
    .addArgument(new Argument('<topology>', 'what is deployed').choices(topologies))
    .addOption(new Option('--env <name>', 'its environment').choices(environments).makeOptionMandatory())
    .option('--infrastructure <folder>', 'where topologies and environments lie', 'infrastructure')
    .option(
      '--set <name=value>',
      'a value that is not asked for; again for more',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('-y, --yes', 'ask nothing: what --set says, what stands in the file, and the defaults')
    .option('--out <file>', 'write there instead; - prints')
    .action((topology: Topology, flags: TfvarsFlags) => guarded(io, () => run({ environment, io, topology, flags })));
}

interface Run {
  environment: ProcessEnvironment;
  io: CommandIo;
  topology: Topology;
  flags: TfvarsFlags;
}

async function run({ environment, io, topology, flags }: Run): Promise<void> {
  const infrastructure = resolve(flags.infrastructure);
  const path = join(infrastructure, 'environments', topology, `${flags.env}.tfvars`);
  // A file where nobody reads it would be no help.
  if (flags.out === undefined)
    await access(infrastructure).catch((cause: unknown) => Promise.reject(missingInfrastructure(path, cause)));
  const before = await readIfThere(path);
  const standing = before === null ? {} : parseTfvars(before, path);
  const asker = flags.yes === true ? null : terminalAsker(await loadPrompts(wayOut));
  const answers = await interview({
    fields,
    environment: flags.env,
    before: standing,
    given: givenBy(flags.set, { ...standing, environment: flags.env }),
    asker,
    choices: choicesFrom(environment),
  });
  refuseFaults(fields, answers);
  const text = renderTfvars(fields, answers, { topology, environment: flags.env });
  if (flags.out === '-') return io.write(text);
  const out = flags.out === undefined ? path : resolve(flags.out);
  if (asker !== null) {
    io.write(`\n${text}\n`);
    if (!(await asker.confirm(`Write ${out}?`, true))) throw new GatewayError('bad_request', 'nothing was written');
  }
  await write(out, text, io);
  io.warn(`next: sluice cost ${topology} --env ${flags.env}, then sluice preflight ${topology} --env ${flags.env}`);
}

/** @throws GatewayError: it is not there to be set, or is no value of its kind */
function givenBy(settings: readonly string[], standing: Tfvars): Tfvars {
  const given: Record<string, TfvarsValue> = {};
  for (const setting of settings) {
    const [, name = '', text = ''] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
    const field = fields.find((candidate) => candidate.name === name.trim());
    if (field === undefined) {
      const names = fields.map((candidate) => candidate.name);
      const meant = nearest(name, names);
      const hint = meant === undefined ? `known are ${names.join(', ')}` : `is ${meant} meant?`;
      throw new GatewayError('bad_request', `--set ${setting}: ${hint}`);
    }
    const value = parseAnswer(field, text);
    if (value === undefined)
      throw new GatewayError('bad_request', `--set ${setting}: ${faultOf(field, text, standing) ?? 'it cannot be read'}`);
    given[field.name] = value;
  }
  return given;
}

function choicesFrom(environment: ProcessEnvironment): Interview['choices'] {
  const book = bundledBook();
  return async (name, answers) => {
    const region = String(answers['aws_region']);
    if (name === 'instance_type') return typeChoices(book, region);
    if (name === 'egress_mode') return egressChoices(book, answers);
    if (name !== 'availability_zones') return null;
    const aws = awsOf(environment, region);
    try {
      return await zoneChoices(aws);
    } finally {
      aws.close();
    }
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** What stood there stays beside it. */
async function write(path: string, text: string, io: CommandIo): Promise<void> {
  const before = await readIfThere(path);
  if (before === text) return io.warn(`${path} says so already`);
  await mkdir(dirname(path), { recursive: true });
  if (before !== null) await copyFile(path, `${path}.before`);
  await writeFile(path, text);
  io.warn(`written: ${path}${before === null ? '' : ` (before: ${path}.before)`}`);
}
