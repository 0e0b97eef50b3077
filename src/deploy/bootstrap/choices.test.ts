import { link, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Aws } from '../aws/clients.ts';
import { chooseFor, readLocalChoices, writeLocalChoices } from './choices.ts';

const github = { owner: 'octocat', owner_id: '1', repository: 'service', repository_id: '2' };
const resource = (type: string, name: string) => ({ type, name, instances: [{}] });

/** An account that has what is said, and answers nothing else. */
function accountWith({ provider = false, logRole = false }): Aws {
  const arn = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
  const clients = {
    iam: { listOpenIDConnectProviders: async () => ({ OpenIDConnectProviderList: provider ? [{ Arn: arn }] : [] }) },
    'api-gateway': { getAccount: async () => (logRole ? { cloudwatchRoleArn: 'arn:aws:iam::123456789012:role/x' } : {}) },
  };
  return { client: async (name: keyof typeof clients) => clients[name] } as unknown as Aws;
}

test('what an account has once for all is not made a second time', async () => {
  expect(await chooseFor(accountWith({}), github, [])).toEqual({
    github,
    create_oidc_provider: true,
    create_api_gateway_account: true,
  });
  expect(await chooseFor(accountWith({ provider: true, logRole: true }), undefined, [])).toEqual({
    github: null,
    create_oidc_provider: false,
    create_api_gateway_account: false,
  });
});

test('what is in the state is ours, and is not let go', async () => {
  const ours = [resource('aws_iam_openid_connect_provider', 'github'), resource('aws_api_gateway_account', 'this')];
  expect(await chooseFor(accountWith({ provider: true, logRole: true }), undefined, ours)).toMatchObject({
    create_oidc_provider: true,
    create_api_gateway_account: true,
  });
});

test('roles for GitHub are not let go because nobody says for which repository they are', async () => {
  const ours = [resource('aws_iam_role', 'github')];
  await expect(chooseFor(accountWith({}), undefined, ours)).rejects.toThrow('say --github');
  expect(await chooseFor(accountWith({}), github, ours)).toMatchObject({ github });
});

test('choices beside a state that has no bucket yet are read back; what is none of ours is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-choices-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await readLocalChoices(folder)).toBeNull();
  const choices = { github, create_oidc_provider: true, create_api_gateway_account: false };
  await writeLocalChoices(folder, choices);
  expect(await readLocalChoices(folder)).toEqual(choices);
  // Replaced and not written over: a disk that is full then leaves what stood there.
  await link(join(folder, 'choices.json'), join(folder, 'kept'));
  await writeLocalChoices(folder, { ...choices, create_oidc_provider: false });
  expect(JSON.parse(await readFile(join(folder, 'kept'), 'utf8'))).toEqual(choices);
  await writeFile(join(folder, 'choices.json'), '{"github": 1}');
  await expect(readLocalChoices(folder)).rejects.toThrow(/choices\.json does not hold what sluice bootstrap writes/);
});
