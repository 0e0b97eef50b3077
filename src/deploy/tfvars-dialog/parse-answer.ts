import { GatewayError } from '../../errors.ts';
import type { Tfvars, TfvarsValue } from '../tfvars.ts';
import { isUnset, type Field } from './field.ts';

/** A text as a value of the field's kind; undefined: it is of another. A list's items are separated by commas. */
export function parseAnswer({ kind }: Field, text: string): TfvarsValue | undefined {
  const trimmed = text.trim();
  const number = /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : undefined;
  switch (kind) {
    case 'text':
      return trimmed === '' ? undefined : trimmed;
    case 'optionalText':
      return trimmed;
    case 'number':
      return number;
    case 'optionalNumber':
      return trimmed === '' ? null : number;
    case 'boolean':
      return trimmed === 'true' || trimmed === 'false' ? trimmed === 'true' : undefined;
    case 'list':
      return trimmed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
}

const kindNames = {
  text: 'a text',
  optionalText: 'a text',
  number: 'a number',
  optionalNumber: 'a number, or empty',
  boolean: 'true or false',
  list: 'a list: values with commas between them',
} as const;

/** What is wrong with a text as an answer; undefined: nothing. */
export function faultOf(field: Field, text: string, answers: Tfvars): string | undefined {
  const value = parseAnswer(field, text);
  return value === undefined ? `it must be ${kindNames[field.kind]}` : valueFault(field, value, answers);
}

const typeOf = {
  text: 'string',
  optionalText: 'string',
  number: 'number',
  optionalNumber: 'number',
  boolean: 'boolean',
} as const;

/** What is wrong with a value, which may come from a file and be of any kind; undefined: nothing. */
export function valueFault(field: Field, value: TfvarsValue | undefined, answers: Tfvars): string | undefined {
  const { kind, fallback, fault } = field;
  if (value === undefined || isUnset(value)) {
    if (kind === 'optionalText') return fault?.('', answers);
    return kind === 'optionalNumber' || fallback === undefined ? undefined : 'it is needed';
  }
  const isOfKind =
    kind === 'list' ? Array.isArray(value) && value.every((item) => typeof item === 'string') : typeof value === typeOf[kind];
  return isOfKind ? fault?.(value, answers) : `it must be ${kindNames[kind]}`;
}

/** Every value that the topology would refuse, with its fault. */
export const faultsIn = (fields: readonly Field[], answers: Tfvars): string[] =>
  fields.flatMap((field) => {
    const fault = valueFault(field, answers[field.name], answers);
    return fault === undefined ? [] : [`${field.name} = ${JSON.stringify(answers[field.name] ?? null)}: ${fault}`];
  });

/** @throws GatewayError with every value that the topology would refuse */
export function refuseFaults(fields: readonly Field[], answers: Tfvars): void {
  const faults = faultsIn(fields, answers);
  if (faults.length > 0) throw new GatewayError('bad_request', faults.join('\n'));
}
