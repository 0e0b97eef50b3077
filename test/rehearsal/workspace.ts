import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '../../src/config/environment.ts';
import { findProgram, type Program } from '../../src/tofu/program.ts';
import { providerVariables } from '../../src/tofu/provider-configuration.ts';
import { runTofu, type TofuResult, type TofuRun } from '../../src/tofu/run.ts';
import { findProviderMirror } from '../../src/tofu/provider-mirror.ts';
import { startProvider, type ProviderProcess } from '../../scripts/tools/provider-process.ts';
import type { MockAws } from './mock-aws.ts';
import type { Transcript } from './transcript.ts';

/** The repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The roots, as folders under infrastructure/. */
export type Root = 'bootstrap' | 'artifacts' | 'topologies/gpu';

/** Merged into each root. Buckets are path-style because no name is resolved here; an operation that the mock lacks fails soon. */
const backendOverride = `terraform {
  backend "s3" {
    use_path_style = true
  }
}
`;

/** Added to each root: an override can declare nothing. */
const actingDeclaration = `variable "acting" {
  type      = string
  default   = "deploy"
  ephemeral = true
}
`;

const providerOverride = `provider "aws" {
  access_key              = var.acting
  secret_key              = "testing"
  skip_metadata_api_check = true
  s3_use_path_style       = true
  max_retries             = 2
}
`;

/** In whose name a command runs: a person bootstraps, what only plans has a role of its own. The mock keeps it with each request. */
export type Actor = 'bootstrap' | 'plan' | 'deploy';

const actorOf = (root: Root, [command]: readonly string[]): Actor =>
  root === 'bootstrap' ? 'bootstrap' : command === 'plan' ? 'plan' : 'deploy';

/** The backend's key and the provider's. */
const actingAs = (actor: Actor): Record<string, string> => ({ AWS_ACCESS_KEY_ID: actor, TF_VAR_acting: actor });

/** Bootstrap begins with a local state. */
const overrideOf = (root: Root): string => (root === 'bootstrap' ? '' : backendOverride) + providerOverride;

/** What a change of a plan is about. */
export interface PlannedChange {
  address: string;
  /** `['update']`, `['delete', 'create']`. */
  actions: string[];
}

/** A copy of the infrastructure that is applied to the mock. The roots in the repository stay as they are. */
export interface Workspace {
  folder: string;
  program: Program;
  /** What every child is given. */
  variables: Record<string, string | undefined>;
  pathOf: (root: Root) => string;
  tofu: (root: Root, args: readonly string[], options?: TofuOptions) => Promise<TofuResult>;
  /** What a saved plan would change; nothing for one without changes. */
  changesOf: (root: Root, planFile: string) => Promise<PlannedChange[]>;
  /** What other programs are given, beside the variables, so that the provider of a root serves them, too. One command at a time may use it. */
  providerFor: (root: Root) => Promise<Record<string, string>>;
  /** Ends what runs on between commands. */
  stop: () => void;
  remove: () => Promise<void>;
}

export type TofuOptions = Partial<Pick<TofuRun, 'signal' | 'timeoutMs' | 'graceMs'>> & {
  /** Beside those of the workspace, ephemeral values for one (`TF_VAR_…`). */
  variables?: Record<string, string>;
};

const isCopied = (path: string): boolean => !/^\.terraform|\.tfstate|\.tfplan$|^crash\.log$/.test(basename(path));

async function copyRoots(folder: string): Promise<void> {
  await cp(join(repository, 'infrastructure'), join(folder, 'infrastructure'), { recursive: true, filter: isCopied });
  // The demo's pages are found by their place in the repository.
  await cp(join(repository, 'web/dist'), join(folder, 'web/dist'), { recursive: true });
}

/** Providers that run on between commands, which saves each of them seconds. One for each root: resources name files by paths from there. */
class KeptProviders {
  readonly #variables: Workspace['variables'];
  readonly #running = new Map<string, ProviderProcess>();

  constructor(variables: Workspace['variables']) {
    this.#variables = variables;
  }

  /** What a command in a root is given; nothing where the provider does not lie on this machine. */
  async variablesFor(directory: string): Promise<Record<string, string>> {
    const running = this.#running.get(directory);
    if (running?.isAlive() === true) return running.variables;
    const mirror = await findProviderMirror(readEnvironment(process.env).tofu);
    if (mirror === undefined) return {};
    const started = await startProvider(mirror, this.#variables, directory);
    this.#running.set(directory, started);
    return started.variables;
  }

  stop(): void {
    for (const provider of this.#running.values()) provider.stop();
  }
}

export interface WorkspaceOptions {
  aws: MockAws;
  transcript: Transcript;
  /** Path of the program; default: the one that is found. */
  tofu?: string | undefined;
  roots: readonly Root[];
}

/** Copies the roots, adds what the mock needs, and finds the program and its provider. Throws `GatewayError` when they are missing. */
export async function makeWorkspace({ aws, transcript, tofu: named, roots }: WorkspaceOptions): Promise<Workspace> {
  const environment = readEnvironment(process.env);
  const program = await findProgram({ named, environment });
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  transcript.hide(folder, '<workspace>');
  transcript.hide(repository.replace(/\/$/, ''), '<repository>');
  transcript.hide(aws.url, 'http://<mock>');
  transcript.hide(program.path, 'tofu');
  // Locks name their holder.
  transcript.hide(`${userInfo().username}@${hostname()}`, '<you>@<machine>');
  const pathOf = (root: Root) => join(folder, 'infrastructure', root);
  await copyRoots(folder);
  for (const root of roots) {
    await writeFile(join(pathOf(root), 'rehearsal_override.tf'), overrideOf(root));
    await writeFile(join(pathOf(root), 'rehearsal.tf'), actingDeclaration);
  }
  const variables = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...aws.variables,
    ...(await providerVariables(program, environment.tofu)),
  };
  const providers = new KeptProviders(variables);
  const tofu: Workspace['tofu'] = async (root, args, { variables: more, ...options } = {}) => {
    const kept = await providers.variablesFor(pathOf(root));
    return runTofu({
      program,
      directory: pathOf(root),
      args,
      environment: { ...variables, ...kept, ...actingAs(actorOf(root, args)), ...more },
      timeoutMs: 300_000,
      graceMs: 30_000,
      ...options,
    });
  };
  return {
    folder,
    program,
    variables,
    pathOf,
    tofu,
    changesOf: async (root, planFile) => changesIn((await tofu(root, ['show', '-json', planFile])).stdout),
    providerFor: (root) => providers.variablesFor(pathOf(root)),
    stop: () => providers.stop(),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function changesIn(text: string): PlannedChange[] {
  const { resource_changes: changes = [] } = JSON.parse(text) as {
    resource_changes?: { address: string; change: { actions: string[] } }[];
  };
  return changes
    .map(({ address, change }) => ({ address, actions: change.actions }))
    .filter(({ actions }) => actions.some((action) => action !== 'no-op' && action !== 'read'));
}
