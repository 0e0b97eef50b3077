import { describe, expect, test } from 'vitest';
import { decide, type Need, type Statement } from './evaluate.ts';
import { arnsCanMeet, canMeet, coversArn } from './globs.ts';

const need = (more: Partial<Need> = {}): Need => ({
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::llm-dev-a/b/c',
  context: { 'aws:requestedregion': 'us-east-1' },
  ...more,
});

const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: ['s3:Get*'],
  Resource: ['arn:aws:s3:::llm-dev-*'],
  ...more,
});

describe('a decision', () => {
  test('is a refusal where no policy speaks of action and resource', () => {
    expect(decide(need(), { policies: [allow()] })).toBe('allowed');
    expect(decide(need(), { policies: [] })).toBe('allowed by no policy');
    expect(decide(need({ action: 's3:PutObject' }), { policies: [allow()] })).toBe('allowed by no policy');
    expect(decide(need({ resource: 'arn:aws:s3:::llm-prod-a/b' }), { policies: [allow()] })).toBe('allowed by no policy');
  });

  test('on all resources needs a statement about all', () => {
    expect(decide(need({ resource: '*' }), { policies: [allow()] })).toBe('allowed by no policy');
    expect(decide(need({ resource: '*' }), { policies: [allow({ Resource: '*' })] })).toBe('allowed');
  });

  test('takes actions in any case, and resources as they are', () => {
    expect(decide(need({ action: 'S3:getobject' }), { policies: [allow()] })).toBe('allowed');
    expect(decide(need({ resource: 'arn:aws:s3:::LLM-dev-a' }), { policies: [allow()] })).toBe('allowed by no policy');
  });

  test('is a denial whatever else allows it, also by the boundary', () => {
    const deny = allow({ Sid: 'Never', Effect: 'Deny' });
    expect(decide(need(), { policies: [allow(), deny] })).toBe('denied by Never');
    expect(decide(need(), { policies: [allow()], boundary: [allow(), deny] })).toBe('denied by Never');
  });

  test('stays within the boundary, which allows nothing by itself', () => {
    expect(decide(need(), { policies: [allow()], boundary: [] })).toBe('not within the boundary');
    expect(decide(need(), { policies: [], boundary: [allow()] })).toBe('allowed by no policy');
    expect(decide(need(), { policies: [allow()], boundary: [allow()] })).toBe('allowed');
  });

  test('denies all but what is named by NotResource', () => {
    const others: Statement = { Sid: 'Others', Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::llm-dev-*' };
    const all = allow({ Resource: '*' });
    expect(decide(need(), { policies: [all, others] })).toBe('allowed');
    expect(decide(need({ resource: 'arn:aws:s3:::other/a' }), { policies: [all, others] })).toBe('denied by Others');
    expect(decide(need({ resource: '*' }), { policies: [all, others] })).toBe('denied by Others');
  });
});

describe('a condition', () => {
  const when = (Condition: NonNullable<Statement['Condition']>, context: Need['context']) =>
    decide(need({ context }), { policies: [allow({ Condition })] }) === 'allowed';

  test('does not hold for a key that the request lacks, unless it is negated or about all values', () => {
    expect(when({ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, {})).toBe(false);
    expect(when({ StringNotEquals: { 'kms:ViaService': 'a' } }, {})).toBe(true);
    expect(when({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'a' } }, {})).toBe(true);
  });

  test('compares with one of several values, all keys at once', () => {
    const both = { StringEquals: { 'aws:ResourceTag/Project': 'llm', 'aws:ResourceTag/Environment': ['prod', 'staging'] } };
    expect(when(both, { 'aws:resourcetag/project': 'llm', 'aws:resourcetag/environment': 'prod' })).toBe(true);
    expect(when(both, { 'aws:resourcetag/project': 'llm', 'aws:resourcetag/environment': 'dev' })).toBe(false);
    expect(when(both, { 'aws:resourcetag/environment': 'prod' })).toBe(false);
  });

  test('about all values holds only if each of them does', () => {
    const keys = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['b/*/dev.tfstate'] } };
    expect(when(keys, { 'dynamodb:leadingkeys': ['b/gpu/dev.tfstate'] })).toBe(true);
    expect(when(keys, { 'dynamodb:leadingkeys': ['b/gpu/dev.tfstate', 'b/gpu/prod.tfstate'] })).toBe(false);
  });

  test('with an operator that is not known here is a mistake', () => {
    expect(() => when({ NumericLessThan: { 's3:max-keys': '1' } }, {})).toThrow('NumericLessThan is not known');
  });
});

describe('a wildcard', () => {
  test('reaches over slashes and colons of names, but not from one part of an ARN into another', () => {
    expect(
      coversArn('arn:aws:logs:us-east-1:1:log-group:/llm/*', 'arn:aws:logs:us-east-1:1:log-group:/llm/a/b:log-stream:c'),
    ).toBe(true);
    expect(coversArn('arn:aws:ssm:*:1:parameter/*', 'arn:aws:ssm:us-east-1::parameter/aws/a')).toBe(false);
    expect(coversArn('arn:aws:s3*', 'arn:aws:s3:::bucket')).toBe(false);
  });

  test('is compared with another one by what both can stand for', () => {
    expect(canMeet('restapis*', 'restapis/*/stages/*')).toBe(true);
    expect(canMeet('a*c', '*b')).toBe(false);
    expect(canMeet('a?c', 'abc')).toBe(true);
    expect(arnsCanMeet('arn:aws:apigateway:*::/v2/vpclinks*', 'arn:aws:apigateway:*::/vpclinks/*')).toBe(false);
  });
});
