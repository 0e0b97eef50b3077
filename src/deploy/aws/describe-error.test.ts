import { expect, test } from 'vitest';
import { describeAwsError, isMissing } from './describe-error.ts';

/** An error as the SDK throws it. */
const failure = (name: string, message: string, properties: object = {}) =>
  Object.assign(new Error(message), { name, ...properties });

test.each([
  ['CredentialsProviderError', 'Could not load credentials from any providers', {}, 'credentials', /set AWS_PROFILE/],
  [
    'InvalidClientTokenId',
    'The security token included in the request is invalid',
    {},
    'credentials',
    /does not know these credentials in us-east-1/,
  ],
  [
    'CredentialsProviderError',
    'Error: getaddrinfo ENOTFOUND portal.sso.us-east-1.amazonaws.com',
    {},
    'network',
    /is there a network/,
  ],
  [
    'Error',
    'Failed to establish tunnel to sts.us-east-1.amazonaws.com:443 via http://10.0.0.1:3128: HTTP/1.1 403 Forbidden',
    { code: 'ERR_PROXY_TUNNEL' },
    'network',
    /through the proxy of HTTPS_PROXY: .*http:\/\/10\.0\.0\.1:3128: HTTP\/1\.1 403/,
  ],
  ['ExpiredToken', 'The security token included in the request is expired', {}, 'expired', /have expired: renew them/],
  ['CredentialsProviderError', 'The SSO session associated with this profile has expired', {}, 'expired', /aws sso login/],
  [
    'AccessDenied',
    'User: arn:aws:iam::1:user/a is not authorized to perform: iam:GetRole on resource: role b',
    { awsAction: 'iam:Other' },
    'denied',
    /iam:GetRole is not allowed/,
  ],
  [
    'UnknownError',
    'UnknownError',
    { awsAction: 's3:ListBucket', $metadata: { httpStatusCode: 403 } },
    'denied',
    /s3:ListBucket is not allowed/,
  ],
  [
    'Error',
    'getaddrinfo ENOTFOUND sts.us-esat-1.amazonaws.com',
    { code: 'ENOTFOUND', hostname: 'sts.us-esat-1.amazonaws.com' },
    'region',
    /is the region written right/,
  ],
  [
    'Error',
    'Region not accepted: region="us east" is not a valid hostname component.',
    {},
    'region',
    /is the region written right/,
  ],
  ['ThrottlingException', 'Rate exceeded', { awsAction: 'ec2:DescribeVpcs' }, 'throttled', /less often \(ec2:DescribeVpcs\)/],
  ['TimeoutError', 'socket hang up', {}, 'network', /is there a network/],
  ['Error', 'connect ECONNREFUSED', { code: 'ECONNREFUSED', address: '127.0.0.1' }, 'network', /127\.0\.0\.1/],
  [
    'ResourceNotFoundException',
    'no such table',
    { awsAction: 'dynamodb:DescribeTable', $metadata: { httpStatusCode: 400 } },
    'missing',
    /does not have it/,
  ],
  [
    'ValidationException',
    'bad\n value',
    { awsAction: 'ec2:RunInstances', $metadata: { httpStatusCode: 400 } },
    'other',
    /ValidationException: bad value/,
  ],
  [
    'SyntaxError',
    'x Deserialization error: y',
    { $metadata: { httpStatusCode: 500 } },
    'other',
    /answer cannot be read, status 500/,
  ],
])('%s (%s) is told as what to do', (...[name, message, properties, kind, told]) => {
  const described = describeAwsError(failure(name, message, properties), 'us-east-1');
  expect(described?.kind).toBe(kind);
  expect(described?.message).toMatch(told);
});

test('what is no error of AWS is left alone', () => {
  expect(describeAwsError(new TypeError('x is not a function'))).toBeUndefined();
  expect(describeAwsError('text')).toBeUndefined();
});

test('absence is recognised in each protocol’s words', () => {
  for (const name of ['NoSuchKey', 'NotFound', 'ResourceNotFoundException', 'ParameterNotFound', 'NoSuchEntityException']) {
    expect(isMissing(failure(name, ''))).toBe(true);
  }
  expect(isMissing(failure('X', '', { $metadata: { httpStatusCode: 404 } }))).toBe(true);
  expect(isMissing(failure('AccessDenied', '', { $metadata: { httpStatusCode: 403 } }))).toBe(false);
});
