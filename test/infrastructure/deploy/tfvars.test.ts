import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tfvarsCommand } from '../../../src/cli/tfvars.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { readTarget } from '../../../src/cost/plan/tofu.ts';
import { fields } from '../../../src/deploy/tfvars-dialog/fields.ts';
import { valueFault } from '../../../src/deploy/tfvars-dialog/parse-answer.ts';
import { parseTfvars, type Tfvars } from '../../../src/deploy/tfvars.ts';
import { screen } from './account.ts';

let scratch: string;
let infrastructure: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sluice-tfvars-'));
  infrastructure = join(scratch, 'infrastructure');
  await cp('infrastructure', infrastructure, { recursive: true, filter: (path) => !/\.terraform/.test(path) });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const environment = readEnvironment(process.env);
const folder = () => join(infrastructure, 'environments/gpu');

async function run(...words: string[]) {
  const io = screen();
  await tfvarsCommand({ environment, io }).parseAsync(['gpu', '--infrastructure', infrastructure, ...words], { from: 'user' });
  return io;
}

/** A plan without an account, with the variables of an environment. */
const plan = (name: string) =>
  readTarget('gpu', {
    program: undefined,
    surroundings: environment,
    infrastructure,
    environment: name,
    signal: AbortSignal.timeout(110_000),
  });

test('without a terminal it says how to do without, and writes nothing', async () => {
  const io = await run('--env', 'dev', '--set', 'max_instances=3');
  expect(io.notes()).toMatch(/no terminal to ask at: --yes takes what --set says/);
  expect(io.status()).toBe(1);
  expect(await readdir(folder())).toEqual(['dev.tfvars', 'prod.tfvars', 'staging.tfvars']);
});

test('what is written passes a plan, and what stood there lies beside it', async () => {
  const before = await readFile(join(folder(), 'staging.tfvars'), 'utf8');
  const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef';
  const settings = [
    'availability_zones=us-east-1b, us-east-1d',
    `certificate_arn=${certificate}`,
    'alb_server_name=api.example.com',
    'domain_name=api.example.com',
    'alarm_email=ops@example.com',
    'budget_usd_month=1500',
    'retention_days=90',
    'vpc_cidr=10.20.0.0/18',
  ];
  const io = await run('--env', 'staging', '--yes', ...settings.flatMap((setting) => ['--set', setting]));
  expect(io.notes()).toMatch(
    /^written: .*staging\.tfvars \(before: .*staging\.tfvars\.before\)\nnext: sluice cost gpu --env staging/,
  );
  expect(await readFile(join(folder(), 'staging.tfvars.before'), 'utf8')).toBe(before);
  const written = parseTfvars(await readFile(join(folder(), 'staging.tfvars'), 'utf8'), 'staging.tfvars');
  expect(written).toMatchObject({ ...parseTfvars(before, 'before'), availability_zones: ['us-east-1b', 'us-east-1d'] });
  expect(JSON.parse(await plan('staging'))).toMatchObject({ variables: { domain_name: { value: 'api.example.com' } } });
});

test('again it says so already, and --out prints or writes elsewhere', async () => {
  expect((await run('--env', 'staging', '--yes')).notes()).toMatch(/staging\.tfvars says so already/);
  const printed = await run('--env', 'staging', '--yes', '--out', '-');
  expect(printed.text()).toBe(await readFile(join(folder(), 'staging.tfvars'), 'utf8'));
  await run('--env', 'staging', '--yes', '--out', join(scratch, 'new/mine.tfvars'));
  expect(await readFile(join(scratch, 'new/mine.tfvars'), 'utf8')).toBe(printed.text());
});

test('a value that would be refused is refused here, and nothing is written', async () => {
  const io = await run('--env', 'prod', '--yes', '--set', 'max_instances=1', '--set', 'aws_region=eu-west-1');
  expect(io.notes()).toMatch(/^availability_zones = .*a zone is eu-west-1 and a letter\nmax_instances = 1: .* from 2 to 100$/);
  expect(io.status()).toBe(1);
  expect((await run('--env', 'prod', '--yes', '--set', 'max_instance=1')).notes()).toBe(
    '--set max_instance=1: is max_instances meant?',
  );
  expect(await readdir(folder())).not.toContain('prod.tfvars.before');
});

/** Wrong values of variables that the root checks by themselves, and of those that it checks against others, which must be right for that. */
const wrong: Record<string, Tfvars> = {
  'by itself': {
    name: 'Llm',
    aws_region: 'virginia',
    vpc_cidr: '10.0.0.1/16',
    egress_mode: 'none',
    min_instances: -1,
    ami_id: 'ami-x',
    rate_limit_per_ip: 9,
    retention_days: 31,
    sns_topic_arn: 'topic',
    budget_usd_month: 0,
  },
  'against others': {
    availability_zones: ['us-east-1a'],
    max_instances: 0,
    certificate_arn: 'certificate',
    alarm_email: 'me',
  },
};

test.each(Object.keys(wrong))('the topology refuses what is refused here: each value %s', async (kind) => {
  const values: Tfvars = { aws_region: 'us-east-1', availability_zones: ['us-east-1a', 'us-east-1b'], ...wrong[kind] };
  const names = Object.keys(wrong[kind] ?? {});
  const refused = fields
    .filter(({ name }) => names.includes(name))
    .filter((field) => valueFault(field, values[field.name], values));
  expect(refused.map(({ name }) => name).sort()).toEqual(names.sort());
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  await writeFile(join(folder(), 'dev.tfvars'), `environment = "dev"\n${lines.join('')}`);
  const error = await plan('dev').then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  const told = `${error?.message} ${(error?.cause as Error | undefined)?.message}`;
  expect(names.filter((name) => !told.includes(`${name} `))).toEqual([]);
});
