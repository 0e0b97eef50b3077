import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  shell?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

export interface Job {
  if?: string;
  needs?: string | string[];
  permissions: Record<string, string>;
  environment?: string;
  env?: Record<string, string>;
  defaults?: { run?: { shell?: string } };
  'timeout-minutes'?: number;
  steps: Step[];
}

export interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency: { group: string; 'cancel-in-progress': unknown };
  env?: Record<string, string>;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}

/** The checkout. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

const folder = `${repository}.github/workflows`;

/** Names of all workflows, without their ending. */
export const workflowNames = readdirSync(folder).map((file) => file.replace(/\.yml$/, ''));

export const sourceOf = (name: string): string => readFileSync(`${folder}/${name}.yml`, 'utf8');

export const readWorkflow = (name: string): Workflow => parse(sourceOf(name)) as Workflow;

/** The action that prepares jobs. */
export const setupSource = (): string => readFileSync(`${repository}.github/actions/setup/action.yml`, 'utf8');

export const setupSteps = (): Step[] => (parse(setupSource()) as { runs: { steps: Step[] } }).runs.steps;
