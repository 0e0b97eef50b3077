import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { parseEvent, type TofuEvent } from '../../tofu/events.ts';
import type { Program } from '../../tofu/program.ts';
import { runTofu, type TofuResult } from '../../tofu/run.ts';
import { backendOptions, type Backend } from './backend.ts';
import { summarisePlan, type PlanSummary } from './plan-summary.ts';

export interface RootOptions {
  program: Program;
  /** Folder of the root: `infrastructure/topologies/gpu`. */
  directory: string;
  /** Folder for what the program keeps besides the state; one for each deployment, so that environments never share a backend. */
  dataDirectory: string;
  /** Null: the root names none, and its state lies in its folder, as before there is a bucket. */
  backend: Backend | null;
  varFiles: readonly string[];
  /** Further variables, over those of the files. They are written to disk: no secrets. */
  values: Readonly<Record<string, unknown>>;
  /** Ephemeral variables by name; they are passed in the environment only. */
  secrets: Readonly<Record<string, string>>;
  /** Variables of the process, with what the provider needs. */
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onEvent: (event: TofuEvent) => void;
}

/** A plan that was made and not applied. */
export interface Plan {
  path: string;
  summary: PlanSummary;
  /** Of `show -json`. */
  json: string;
  /** Also true when only outputs change. */
  hasChanges: boolean;
}

/** One root of HCL with its state: bootstrap, artifacts or a topology. Every method throws `GatewayError`s that say what to do. */
export class Root {
  readonly #options: RootOptions;

  constructor(options: RootOptions) {
    this.#options = options;
  }

  /** Connects to the state. `migrate`: takes the local state along into the backend. */
  async init({ migrate = false }: { migrate?: boolean } = {}): Promise<void> {
    const { backend, dataDirectory } = this.#options;
    await mkdir(dataDirectory, { recursive: true });
    const mode = migrate ? ['-migrate-state', '-force-copy'] : ['-reconfigure'];
    await this.#run(['init', '-no-color', ...mode, ...(backend === null ? [] : backendOptions(backend))]);
  }

  /** The file of the plan lies there until `discard`. @param extra `-destroy` */
  async plan(extra: readonly string[] = []): Promise<Plan> {
    const path = this.#ownFile('plan.bin');
    const values = this.#ownFile('values.tfvars.json');
    try {
      await writeFile(values, `${JSON.stringify(this.#options.values, null, 2)}\n`);
      const files = [...this.#options.varFiles, values].map((file) => `-var-file=${file}`);
      const { hasChanges } = await this.#run(['plan', '-json', '-detailed-exitcode', `-out=${path}`, ...files, ...extra]);
      const { stdout } = await this.#run(['show', '-json', path]);
      return { path, summary: summarisePlan(stdout), json: stdout, hasChanges };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await rm(values, { force: true });
    }
  }

  async apply(plan: Plan): Promise<void> {
    await this.#run(['apply', '-json', '-parallelism=20', plan.path]);
  }

  /** Removes the plan's file, which holds the state as it was. */
  async discard(plan: Plan): Promise<void> {
    await rm(plan.path, { force: true });
  }

  /** What is marked as half made counts as made: the next plan brings it to what it should be, instead of making it anew. */
  async adopt(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await this.#run(['untaint', '-no-color', address]);
  }

  /** Outputs by name; none before the first apply. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const { stdout } = await this.#run(['output', '-json']);
    const outputs = z.record(z.string(), z.object({ value: z.unknown() })).parse(JSON.parse(stdout));
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Two runs at a time must not take each other's plan. */
  #ownFile(name: string): string {
    return join(this.#options.dataDirectory, `${process.pid}-${name}`);
  }

  #run(args: readonly string[]): Promise<TofuResult> {
    const { program, directory, dataDirectory, environment, secrets, signal, onEvent } = this.#options;
    const variables = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`TF_VAR_${name}`, value]));
    return runTofu({
      program,
      directory,
      args,
      // Another workspace would be another state.
      environment: { ...environment, ...variables, TF_DATA_DIR: dataDirectory, TF_WORKSPACE: undefined },
      signal,
      onLine: (line) => {
        const event = parseEvent(line);
        if (event !== undefined) onEvent(event);
      },
    });
  }
}
