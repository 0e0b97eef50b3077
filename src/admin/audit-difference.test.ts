import { expect, test } from 'vitest';
import { auditDifference } from './audit-difference.ts';

const row = {
  id: 'x',
  rpm_limit: 1,
  models: ['a'],
  blocked: false,
  alias: null,
  extra: {},
  metadata: {},
  updated_at: new Date(1),
};

test('a change tells the fields that changed, on both sides', () => {
  const after = { ...row, rpm_limit: null, models: ['a', 'b'], updated_at: new Date(2) };
  expect(auditDifference(row, after)).toEqual({
    before: { rpm_limit: 1, models: ['a'] },
    after: { rpm_limit: null, models: ['a', 'b'] },
  });
});

test('what was made or removed tells what it has, without what is empty', () => {
  expect(auditDifference(null, row)).toEqual({ before: null, after: { id: 'x', rpm_limit: 1, models: ['a'] } });
  expect(auditDifference(row, null)).toEqual({ before: { id: 'x', rpm_limit: 1, models: ['a'] }, after: null });
});

test('of metadata only the names are told', () => {
  const before = { metadata: { same: 1, gone: 'secret', other: 'secret' } };
  const after = { metadata: { same: 1, other: 'new secret', added: 'secret' } };
  expect(auditDifference(before, after)).toEqual({
    before: { metadata: ['gone', 'other'] },
    after: { metadata: ['added', 'other'] },
  });
});
