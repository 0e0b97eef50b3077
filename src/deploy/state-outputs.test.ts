import { expect, test } from 'vitest';
import { boundaryOf, requireBoundary } from './state-outputs.ts';

const dev = 'arn:aws:iam::123456789012:policy/llm-deploy/llm-dev-boundary';

test('each environment has the boundary that bootstrap made for it', () => {
  const outputs = { permissions_boundary_arns: { dev, prod: 'arn:aws:iam::123456789012:policy/llm-deploy/llm-prod-boundary' } };
  expect(requireBoundary(outputs, 'dev', 'sluice bootstrap')).toBe(dev);
  expect(boundaryOf(outputs, 'staging')).toBeUndefined();
});

test('a bootstrap that made none is refused, since the next plan would take the boundary off the roles', () => {
  const older = { permissions_boundary_arn: dev };
  expect(() => requireBoundary(older, 'dev', 'sluice bootstrap --region eu-west-1')).toThrow(
    /no permissions boundary for dev.*Run sluice bootstrap --region eu-west-1 again/,
  );
});
