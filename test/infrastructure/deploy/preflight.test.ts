import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { preflightCommand } from '../../../src/cli/preflight.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { environmentOf, screen, startAccount, type Account } from './account.ts';
import { find, lookAt, restore } from './look.ts';
import { makeReady } from './ready.ts';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
  await makeReady(account);
});
afterAll(() => account.stop());
beforeEach(() => restore(account));

const withValues = (values: Target['values']) => ({ values: { ...account.target.values, ...values } });

test('in an account where everything is ready nothing stops the deployment, and nothing is written', async () => {
  const found = await lookAt(account);
  expect(found.results.filter(({ status }) => status !== 'pass')).toEqual([]);
  expect(found).toMatchObject({ account: '123456789012', hasFailed: false });
  expect(found.results.length).toBeGreaterThan(25);
  expect(account.isChanged()).toBe(false);
});

test('in GitHub Actions a role that trusts the repository passes, in both forms of its subject, and one that trusts any branch is warned of', async () => {
  const iam = await account.aws.client('iam');
  await iam.createOpenIDConnectProvider({
    Url: 'https://token.actions.githubusercontent.com',
    ClientIDList: ['sts.amazonaws.com'],
  });
  const inGithub = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'ada/llm',
    GITHUB_REPOSITORY_OWNER_ID: '7',
    GITHUB_REPOSITORY_ID: '9',
  };
  account.answers.set('sts:GetCallerIdentity', () => ({
    body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account>
      <Arn>arn:aws:sts::123456789012:assumed-role/deploy/session</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  }));
  const trusting = async (subject: string) => {
    await iam.deleteRole({ RoleName: 'deploy' }).catch(() => undefined);
    const Statement = [
      {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': [subject] } },
      },
    ];
    await iam.createRole({ RoleName: 'deploy', Path: '/llm/', AssumeRolePolicyDocument: JSON.stringify({ Statement }) });
    return find(await lookAt(account, { variables: inGithub }), 'github-identity').status;
  };
  expect(await trusting('repo:ada/llm:environment:dev')).toBe('pass');
  expect(await trusting('repo:ada@7/llm@9:environment:dev')).toBe('pass');
  expect(await trusting('repo:ada/llm:*')).toBe('warn');
  expect(await trusting('repo:eve/llm:environment:dev')).toBe('fail');
});

test('where nothing may be asked, every check that asks AWS warns with the permission that it lacks', async () => {
  account.answers.clear();
  const services =
    'ec2 iam servicequotas s3 dynamodb acm apigateway apigatewayv2 ecr logs ssm wafv2 secretsmanager elasticloadbalancing autoscaling';
  await account.mock.setFaults({ deny: services.split(' ').map((service) => `${service}:*`) });
  const values = withValues({
    api_key_required: true,
    spot: {},
    certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    demo_certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
  });
  const found = await lookAt(account, { changes: values, variables: { GITHUB_ACTIONS: 'true' } });
  const silent = ['program', 'account', 'variables'];
  const wrong = found.results.filter(
    ({ id, status, detail, fix }) =>
      !silent.includes(id) &&
      !(status === 'warn' && /[a-z0-9]+:[A-Z]\w+ is not allowed/.test(detail) && /^allow [a-z0-9]+:\w+/.test(fix ?? '')),
  );
  expect(wrong).toEqual([]);
  expect(find(found, 'quota-gpu').detail).toMatch(/ec2:Describe|servicequotas:Get/);
});

describe('the command', () => {
  const run = async (...words: string[]) => {
    const io = screen();
    await preflightCommand({ environment: environmentOf(account), io }).parseAsync(['gpu', '--env', 'dev', ...words], {
      from: 'user',
    });
    return io;
  };

  test('prints a table with the failures last, no line of prose over 80 columns, and exits with 1', async () => {
    await account.reset();
    const io = await run();
    expect(io.status()).toBe(1);
    expect(io.text()).toMatch(/^gpu dev in us-east-1, account 123456789012\n\npass /);
    expect(io.text()).toMatch(/fail {5}state-bucket +there is no bucket[\s\S]*\n {2}sluice bootstrap --region us-east-1\n/);
    expect(io.text()).toMatch(/\d+ fail, (\d+ warn, )?(\d+ unknown, )?\d+ pass\n$/);
    const long = io
      .text()
      .split('\n')
      .filter((line) => line.length > 80 && line.includes(' ') && !/^ {2}(aws|sluice|tofu) /.test(line) && !/\S{50}/.test(line));
    expect(long).toEqual([]);
  });

  test('prints JSON for programs, and exits with 0 where nothing stops the deployment', async () => {
    const io = await run('--json');
    const told = JSON.parse(io.text()) as { account: string; results: { id: string; status: string }[] };
    expect(told).toMatchObject({ account: '123456789012', region: 'us-east-1', topology: 'gpu', environment: 'dev' });
    expect(told.results.every(({ status }) => status === 'pass')).toBe(true);
    expect(io.status()).toBe(0);
  });

  test('without credentials says what to do, asks nothing more, and exits with 2', async () => {
    account.answers.set('sts:GetCallerIdentity', () => ({
      status: 403,
      body: '<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>',
    }));
    const io = await run();
    expect(io.text()).toContain('the AWS credentials have expired: renew them');
    expect(io.text()).not.toContain('quota');
    expect(io.status()).toBe(2);
  });

  test('takes Terraform where there is no OpenTofu, as the deployment does, and warns of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-terraform-'));
    await writeFile(join(folder, 'terraform'), '#!/bin/sh\necho Terraform v1.11.4\n', { mode: 0o755 });
    const variables = { ...process.env, ...account.variables, SLUICE_TOFU: '', PATH: `${folder}:/bin`, XDG_CACHE_HOME: folder };
    const io = screen();
    await preflightCommand({ environment: readEnvironment(variables), io }).parseAsync(
      ['gpu', '--env', 'dev', '--only', 'account'],
      { from: 'user' },
    );
    await rm(folder, { recursive: true });
    expect(io.text()).toMatch(/warn +program +Terraform 1\.11\.4 at/);
    expect(io.status()).toBe(0);
  });

  test('where there is no such environment file, says where it looked', async () => {
    const io = await run('--infrastructure', '/nowhere');
    expect(io.notes()).toMatch(/cannot read .*dev\.tfvars: run this where infrastructure\/ lies/);
    expect(io.status()).toBe(1);
  });
});
