import { expect, test } from 'vitest';
import { absentFeature } from './admin.ts';

test.each([
  '/organization/new',
  '/project/list',
  '/credentials',
  '/v1/access_group',
  '/access_group/list',
  '/tag/new',
  '/mcp',
  '/v1/mcp/server',
  '/vector_store/new',
  '/v1/vector_stores',
])('%s is told to be absent', (path) => {
  expect(absentFeature(path)).toMatch(/^not found: .*; \S/);
});

test.each(['/', '/key/nothing', '/v1/models', '/tags-of-mine', '/constructor', '/v1'])('%s is another matter', (path) => {
  expect(absentFeature(path)).toBeNull();
});
