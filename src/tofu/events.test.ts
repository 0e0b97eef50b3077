import { expect, test } from 'vitest';
import { parseEvent, parseTextDiagnostics } from './events.ts';
import { recorded } from './testing/recorded.ts';

const eventsOf = (name: string) =>
  recorded(name)
    .trim()
    .split('\n')
    .flatMap((line) => parseEvent(line) ?? []);

test('an apply is told from the plan to the summary, with times', () => {
  const events = eventsOf('apply.jsonl');
  expect(events.filter(({ type }) => type !== 'other')).toEqual([
    { type: 'planned', address: 'terraform_data.slow', action: 'replace', reason: 'tainted' },
    { type: 'summary', operation: 'plan', add: 1, change: 0, remove: 1 },
    { type: 'outputs', outputs: { x: { sensitive: false, action: 'noop' } } },
    { type: 'started', address: 'terraform_data.slow', action: 'delete' },
    { type: 'finished', address: 'terraform_data.slow', action: 'delete', elapsedSeconds: 0 },
    { type: 'started', address: 'terraform_data.slow', action: 'create' },
    { type: 'finished', address: 'terraform_data.slow', action: 'create', elapsedSeconds: 1 },
    { type: 'summary', operation: 'apply', add: 1, change: 0, remove: 1 },
    { type: 'outputs', outputs: { x: { sensitive: false, type: 'string', value: 'y' } } },
  ]);
  expect(events[0]).toEqual({ type: 'other', message: 'OpenTofu 1.12.6' });
});

test('an interrupted apply tells which resource failed', () => {
  expect(eventsOf('interrupted.jsonl').filter(({ type }) => type === 'failed')).toEqual([
    { type: 'failed', address: 'terraform_data.slow', action: 'create', elapsedSeconds: 9 },
  ]);
});

test('a fault has its resource and its line', () => {
  const [diagnostic] = eventsOf('malformed-arn.jsonl').flatMap((event) =>
    event.type === 'diagnostic' ? [event.diagnostic] : [],
  );
  expect(diagnostic).toMatchObject({ severity: 'error', address: 'aws_lb_listener.this', place: 'main.tf:15' });
});

test('lines that are no events are none', () => {
  expect(['', 'panic: runtime error', '{"@message":', '[1]'].map(parseEvent)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('faults are read from the text of a run, with and without the box around them', () => {
  const [plain] = parseTextDiagnostics(recorded('lock-held.txt'));
  expect(plain).toMatchObject({ severity: 'error', summary: 'Error acquiring the state lock' });
  expect(plain!.detail).toContain('Who:       deployer@workstation');
  const boxed = [
    '\u001B[31m╷\u001B[0m',
    '\u001B[31m│\u001B[0m \u001B[1mError: \u001B[0mInvalid value for variable',
    '│ ',
    '│   with module.api.aws_x.y,',
    '│   on main.tf line 4, in variable "name":',
    '│ ',
    '│ Too long.',
    '╵',
  ].join('\n');
  expect(parseTextDiagnostics(boxed)).toMatchObject([
    { summary: 'Invalid value for variable', address: 'module.api.aws_x.y', place: 'main.tf:4' },
  ]);
});
