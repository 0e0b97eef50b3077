import type { Aws } from '../aws/clients.ts';
import type { Names } from '../names.ts';
import type { Target } from '../target.ts';
import type { Deployed } from './deployed.ts';

/** What a check can say. `unknown`: it could not be made. */
export type Status = 'pass' | 'warn' | 'fail' | 'unknown';

/** What a check found, and what to do about it unless it passed. */
export interface Finding {
  status: Status;
  detail: string;
  fix?: string;
}

/** What checks look at. */
export interface CheckContext {
  target: Target;
  aws: Aws;
  account: string;
  /** ARN of the user or role whose credentials these are. */
  callerArn: string;
  names: Names;
  nowMs: number;
  /** The process's variables. */
  variables: Readonly<Record<string, string | undefined>>;
  /** What of this deployment is there already; asked for once. */
  deployed(): Promise<Deployed>;
}

/** What must be there before a check makes sense: nothing but an account; what bootstrap makes; staged weights and images. */
export type Phase = 'account' | 'state' | 'artifacts';

/** One thing that can go wrong in a deployment, looked for before it does. It changes nothing. */
export interface Check {
  /** Stable, in kebab case: what `--json` and `--skip` call it. */
  id: string;
  phase: Phase;
  /** May throw AWS's errors: they become a finding that says which permission is lacking, or why it cannot be said. */
  run(context: CheckContext): Promise<Finding>;
}

/** A check that found nothing wrong. */
export const pass = (detail: string): Finding => ({ status: 'pass', detail });

/** Something that will hurt some day, and what to do. */
export const warn = (detail: string, fix: string): Finding => ({ status: 'warn', detail, fix });

/** Something that will stop the deployment, and what to do. */
export const fail = (detail: string, fix: string): Finding => ({ status: 'fail', detail, fix });
