import { expect, test } from 'vitest';
import type { TofuEvent } from '../../tofu/events.ts';
import { backendOf, backendOptions } from './backend.ts';
import { isEmpty, renderPlan, summarisePlan } from './plan-summary.ts';
import { Progress } from './progress.ts';
import { parseStateResources } from './state-resources.ts';

const change = (address: string, actions: string[], more: object = {}) => ({ address, change: { actions }, ...more });

const planOf = (...resource_changes: object[]) => summarisePlan(JSON.stringify({ format_version: '1.2', resource_changes }));

test('a plan is told by what is made, changed, replaced and deleted; what is only read or kept is not', () => {
  const summary = planOf(
    change('a.new', ['create']),
    change('a.other', ['update']),
    change('a.again', ['delete', 'create'], { action_reason: 'replace_because_cannot_update' }),
    change('a.first', ['create', 'delete'], { action_reason: 'replace_because_tainted' }),
    change('a.gone', ['delete']),
    change('a.same', ['no-op']),
    change('data.a.read', ['read'], { mode: 'data' }),
  );
  expect(summary).toEqual({
    create: ['a.new'],
    update: ['a.other'],
    replace: ['a.again', 'a.first'],
    delete: ['a.gone'],
    halfMade: ['a.first'],
  });
  expect(renderPlan(summary)).toBe(
    '  1 to create, 1 to change, 2 to replace, 1 to delete\n    change  a.other\n    replace a.again\n    replace a.first\n    delete  a.gone\n',
  );
});

test('a long list is cut, and says how much is left out', () => {
  const summary = planOf(...Array.from({ length: 15 }, (_, index) => change(`a.b${index}`, ['delete'])));
  expect(renderPlan(summary)).toMatch(/delete {2}a\.b11\n {4}… and 3 more\n$/);
});

test('a plan without changes of resources is empty, whatever outputs do', () => {
  const summary = summarisePlan(JSON.stringify({ output_changes: { x: { actions: ['create'] } } }));
  expect(isEmpty(summary)).toBe(true);
  expect(renderPlan(summary)).toBe('  nothing to change\n');
});

test('what is no plan is refused', () => {
  expect(() => summarisePlan('{"resource_changes": [{"address": 1}]}')).toThrow(/a plan was expected/);
});

test('the backend names both locks, and its key where there is one', () => {
  const backend = backendOf(
    { stateBucket: 'llm-state-1-eu-west-1', lockTable: 'llm-state-lock' },
    'eu-west-1',
    'gpu/dev.tfstate',
  );
  const plain = [
    'bucket=llm-state-1-eu-west-1',
    'region=eu-west-1',
    'key=gpu/dev.tfstate',
    'dynamodb_table=llm-state-lock',
    'use_lockfile=true',
  ];
  expect(backendOptions(backend)).toEqual(plain.map((setting) => `-backend-config=${setting}`));
  expect(backendOptions({ ...backend, kmsKeyArn: 'arn:x' }).slice(5)).toEqual([
    '-backend-config=encrypt=true',
    '-backend-config=kms_key_id=arn:x',
  ]);
});

function told(total: number, ...events: TofuEvent[]): string[] {
  const lines: string[] = [];
  const progress = new Progress((line) => lines.push(line));
  progress.expect(total);
  for (const event of events) progress.take(event);
  return lines;
}

const step = (type: 'progress' | 'finished' | 'failed', action: string, elapsedSeconds: number): TofuEvent => ({
  type,
  address: 'aws_lb.this',
  action,
  elapsedSeconds,
});

test('progress counts what is done, and reminds of what takes long each half minute', () => {
  expect(
    told(
      12,
      { type: 'started', address: 'aws_lb.this', action: 'create' },
      ...[10, 20, 30, 40, 50, 60].map((seconds) => step('progress', 'create', seconds)),
      step('finished', 'read', 0),
      step('finished', 'create', 61),
      step('failed', 'update', 2),
    ),
  ).toEqual([
    '  [ 0/12] still at aws_lb.this (30 s)',
    '  [ 0/12] still at aws_lb.this (60 s)',
    '  [ 1/12] created aws_lb.this (61 s)',
    '  [ 1/12] FAILED aws_lb.this after 2 s',
  ]);
});

test('warnings are told with their place; errors come with the failure', () => {
  const diagnostic = { summary: 'Deprecated', detail: '', address: 'aws_lb.this', place: undefined };
  const lines = told(
    1,
    { type: 'diagnostic', diagnostic: { ...diagnostic, severity: 'warning' } },
    { type: 'diagnostic', diagnostic: { ...diagnostic, severity: 'error' } },
    {
      type: 'diagnostic',
      diagnostic: {
        severity: 'warning',
        summary: 'Value for undeclared variable',
        detail: 'The root module does not declare a variable named "nmae".\n\nMore words.',
        address: undefined,
        place: undefined,
      },
    },
  );
  expect(lines).toEqual([
    '  warning: Deprecated (aws_lb.this)',
    '  warning: Value for undeclared variable: The root module does not declare a variable named "nmae".',
  ]);
});

test('of a state only what stands whole counts: no data, nothing tainted, nothing deposed', () => {
  const text = JSON.stringify({
    version: 4,
    resources: [
      { mode: 'data', type: 'aws_x', name: 'a', instances: [{ attributes: {} }] },
      {
        mode: 'managed',
        type: 'aws_y',
        name: 'b',
        instances: [
          { attributes: { id: '1' } },
          { attributes: { id: '2' }, status: 'tainted' },
          { attributes: { id: '3' }, deposed: 'abcd1234' },
        ],
      },
    ],
  });
  expect(parseStateResources(text, 'x')).toEqual([{ type: 'aws_y', name: 'b', instances: [{ id: '1' }] }]);
  expect(parseStateResources('{"version": 4}', 'x')).toEqual([]);
  expect(() => parseStateResources('{"encrypted_data": "x", "resources": 3}', 's3://b/k')).toThrow(
    /s3:\/\/b\/k is no readable state/,
  );
});
