import type { Environment } from '../target.ts';
import type { Tfvars, TfvarsValue } from '../tfvars.ts';

/** How an answer is given. `optionalText`: an empty one means none. */
export type FieldKind = 'text' | 'optionalText' | 'number' | 'optionalNumber' | 'boolean' | 'list';

/** One variable of the topology that the dialog asks for, or that `--set` may set. */
export interface Field {
  name: string;
  kind: FieldKind;
  /** For people, without the value that is taken otherwise. */
  question: string;
  /** Stands behind it in the file; empty: the name says it. */
  comment: string;
  /** Where nobody says otherwise; undefined: the topology's own default, and no line in the file. */
  fallback?: (environment: Environment, answers: Tfvars) => TfvarsValue;
  /** Whether it is asked for, after what was answered before. It may be set in any case. */
  isAsked: (answers: Tfvars) => boolean;
  /** Another field without which this one means nothing: it goes when that one is empty. */
  needs?: string;
  /** What is wrong with a value of the right kind, as the topology's variables.tf would refuse it; undefined: nothing. */
  fault?: (value: TfvarsValue, answers: Tfvars) => string | undefined;
}

/** Whether a value says nothing: the topology's default holds. */
export const isUnset = (value: TfvarsValue | undefined): boolean => value === undefined || value === null || value === '';
