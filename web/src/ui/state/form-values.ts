import { isRecord, parseJson } from '../../json.ts';
import type { Limits } from '../api/limits.ts';
import type { Fields } from '../api/read.ts';

/** What was filled in cannot be sent; the message says which field and why. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem';
}

/** The trimmed text of a field; '' where the form has none. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** A number from 0 up, or null for a field that was left empty. Throws `FormProblem`. */
export function numberOf(data: FormData, name: string, label: string): number | null {
  const text = textOf(data, name);
  if (text === '') return null;
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0)
    throw new FormProblem(`${label} is "${text}"; it has to be a number from 0 up, or empty.`);
  return number;
}

function wholeOf(data: FormData, name: string, label: string): number | null {
  const number = numberOf(data, name, label);
  if (number !== null && !Number.isSafeInteger(number))
    throw new FormProblem(`${label} is ${number}; it has to be a whole number.`);
  return number;
}

/** The fields whose value is another than before. A new thing has nothing before: what was left empty is not sent. */
export function changesOf(now: Fields, before: Fields): Fields {
  const changed = Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name] ?? null));
  return Object.fromEntries(changed);
}

/** The limits as the wire names them, out of a form. Throws `FormProblem`. */
export function limitFieldsOf(data: FormData): Fields {
  const duration = textOf(data, 'budget_duration');
  const fields = {
    max_budget: numberOf(data, 'max_budget', 'The budget'),
    soft_budget: numberOf(data, 'soft_budget', 'The soft budget'),
    budget_duration: duration === '' ? null : duration,
    rpm_limit: wholeOf(data, 'rpm_limit', 'Requests per minute'),
    tpm_limit: wholeOf(data, 'tpm_limit', 'Tokens per minute'),
    max_parallel_requests: wholeOf(data, 'max_parallel_requests', 'Requests at a time'),
  };
  if (fields.soft_budget !== null && fields.max_budget !== null && fields.soft_budget > fields.max_budget)
    throw new FormProblem('The soft budget is above the budget; it would never be reached.');
  return fields;
}

/** The limits that a thing has now, as the wire names them. */
export function limitFieldsBefore(limits: Limits): Fields {
  return {
    max_budget: limits.maxBudgetUsd,
    soft_budget: limits.softBudgetUsd,
    budget_duration: limits.budgetDuration,
    rpm_limit: limits.requestsPerMinute,
    tpm_limit: limits.tokensPerMinute,
    max_parallel_requests: limits.maxParallel,
  };
}

/** The models that were chosen: none for every model, else those ticked and those written. Throws `FormProblem`. */
export function modelsOf(data: FormData): string[] {
  if (data.get('models_mode') !== 'some') return [];
  const written = textOf(data, 'more_models').split(/[\s,]+/);
  const models = [...data.getAll('models').map(String), ...written].filter((name) => name !== '');
  if (models.length === 0) throw new FormProblem('Choose at least one model, or allow every model.');
  return [...new Set(models)];
}

/** Metadata out of its field: a JSON object; empty is an empty one. Throws `FormProblem`. */
export function metadataOf(data: FormData): Fields {
  const text = textOf(data, 'metadata');
  if (text === '') return {};
  const value = parseJson(text);
  if (!isRecord(value)) throw new FormProblem('Metadata has to be a JSON object, such as {"project": "search"}.');
  return value;
}

/** A span of time such as `30d`, or '' where the field was left empty. Throws `FormProblem`. */
export function durationOf(data: FormData, name: string, label: string): string {
  const text = textOf(data, name);
  if (text !== '' && !/^\d+(s|m|h|d|w|mo|y)$/.test(text))
    throw new FormProblem(`${label} is "${text}"; write a number and s, m, h, d, w, mo or y, such as 30d.`);
  return text;
}
