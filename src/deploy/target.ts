import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GatewayError } from '../errors.ts';
import { nameFault, prefixOf } from './names.ts';
import { parseTfvars, type Tfvars } from './tfvars.ts';

/** Shapes that can be deployed. */
export const topologies = ['gpu'] as const;

/** Environments of a topology. */
export const environments = ['dev', 'staging', 'prod'] as const;

export type Topology = (typeof topologies)[number];
export type Environment = (typeof environments)[number];

/** What is deployed, and where: one environment of one topology. */
export interface Target {
  topology: Topology;
  environment: Environment;
  /** Absolute path of the folder with `topologies` and `environments`. */
  infrastructure: string;
  /** Absolute path of the environment's variables. */
  tfvarsPath: string;
  values: Tfvars;
  /** The root variable `name`. */
  name: string;
  /** `<name>-<environment>-<topology>`: what the resources' names begin with. */
  prefix: string;
  region: string;
  /** Key of the topology's state in the state bucket. */
  stateKey: string;
  /** Key of the state of `infrastructure/artifacts`. */
  artifactsStateKey: string;
}

export interface TargetOptions {
  topology: Topology;
  environment: Environment;
  infrastructure: string;
  /** Of `--region`; wins over the variables of the environment. */
  region?: string | undefined;
  /** The process's variables: AWS_REGION and AWS_DEFAULT_REGION count where nothing else names a region. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** Finds the variables of an environment and what follows from them. @throws GatewayError: no such file, not readable, no region */
export async function readTarget(options: TargetOptions): Promise<Target> {
  const { topology, environment } = options;
  const infrastructure = resolve(options.infrastructure);
  const tfvarsPath = join(infrastructure, 'environments', topology, `${environment}.tfvars`);
  const values = parseTfvars(await readVariables(tfvarsPath), tfvarsPath);
  const name = textValue(values, 'name') ?? 'llm';
  const fault = nameFault(name);
  // Before anybody is asked about a bucket that cannot be called so.
  if (fault !== undefined) throw new GatewayError('bad_request', `${tfvarsPath} says name = "${name}": ${fault}`);
  const written = textValue(values, 'environment') ?? environment;
  if (written !== environment) {
    throw new GatewayError(
      'bad_request',
      `${tfvarsPath} says environment = "${written}", but is the file of ${environment}: its state would overwrite that of ${written}`,
    );
  }
  return {
    topology,
    environment,
    infrastructure,
    tfvarsPath,
    values,
    name,
    prefix: prefixOf({ name, topology, environment }),
    region: regionOf(options, values),
    stateKey: `${topology}/${environment}.tfstate`,
    artifactsStateKey: `artifacts/${environment}.tfstate`,
  };
}

/** A text of the variables; undefined where it is absent, empty or null. @throws GatewayError: it is no text */
export function textValue(values: Tfvars, name: string): string | undefined {
  const value = values[name] ?? '';
  if (typeof value !== 'string') throw new GatewayError('bad_request', `the variable ${name} must be a text`);
  return value === '' ? undefined : value;
}

/** A number of the variables, or what it is where it is absent. @throws GatewayError: it is no number */
export function numberValue(values: Tfvars, name: string, fallback: number): number {
  const value = values[name] ?? fallback;
  if (typeof value !== 'number') throw new GatewayError('bad_request', `the variable ${name} must be a number`);
  return value;
}

/** An object of the variables; undefined where it is absent or null. @throws GatewayError: it is no object */
export function objectValue(values: Tfvars, name: string): Tfvars | undefined {
  const value = values[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new GatewayError('bad_request', `the variable ${name} must be an object`);
  return value as Tfvars;
}

/** Texts of a list of the variables; none where it is absent. @throws GatewayError: it is no list of texts */
export function listValue(values: Tfvars, name: string): readonly string[] {
  const value = values[name] ?? [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isList) throw new GatewayError('bad_request', `the variable ${name} must be a list of texts`);
  return value as readonly string[];
}

async function readVariables(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw missingInfrastructure(path, cause);
  }
}

/** The HCL is not where it was looked for. */
export const missingInfrastructure = (path: string, cause?: unknown): GatewayError =>
  new GatewayError(
    'not_found',
    `cannot read ${path}: run this where infrastructure/ lies, which is a checkout of the repository and not the npm package, or name it with --infrastructure`,
    { cause },
  );

function regionOf({ region, variables }: TargetOptions, values: Tfvars): string {
  const found = region ?? textValue(values, 'aws_region') ?? (variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION']);
  if (found !== undefined && found !== '') return found;
  throw new GatewayError('bad_request', 'no region: give --region, or set aws_region in the variables of the environment');
}
