import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import type { StateResource } from '../roots/state-resources.ts';
import { readText } from '../aws/read-text.ts';

const githubSchema = z.object({
  owner: z.string(),
  owner_id: z.string(),
  repository: z.string(),
  repository_id: z.string(),
});

const choicesSchema = z.object({
  github: githubSchema.nullable(),
  create_oidc_provider: z.boolean(),
  create_api_gateway_account: z.boolean(),
});

/** The variables of the bootstrap root that are somebody's choice. They lie beside its state, so that a later run does not undo them. */
export type BootstrapChoices = z.infer<typeof choicesSchema>;

export type GithubRepository = z.infer<typeof githubSchema>;

/** Key of the choices in the state bucket. */
const choicesKey = 'bootstrap.tfvars.json';

/** The same beside a state that is not in its bucket yet. */
const localFile = 'choices.json';

/** What an earlier run chose; null: none did. @throws GatewayError: the object was changed by hand to something else */
export async function readChoices(aws: Aws, bucket: string): Promise<BootstrapChoices | null> {
  const text = await readText(aws, bucket, choicesKey);
  return text === undefined ? null : parseChoices(text, `s3://${bucket}/${choicesKey}`);
}

/** What a run that broke off before there was a bucket has chosen; null: none did. */
export async function readLocalChoices(folder: string): Promise<BootstrapChoices | null> {
  const path = join(folder, localFile);
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : parseChoices(text, path);
}

/** Kept from the first step on: what a first run makes must not look like something of others to the second. */
export async function writeLocalChoices(folder: string, choices: BootstrapChoices): Promise<void> {
  const path = join(folder, localFile);
  // Whole or as it was: with half of it, as on a full disk, no later run could go on.
  await writeFile(`${path}.new`, textOf(choices));
  await rename(`${path}.new`, path);
}

const textOf = (choices: BootstrapChoices): string => `${JSON.stringify(choices, null, 2)}\n`;

function parseChoices(text: string, path: string): BootstrapChoices {
  try {
    return choicesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GatewayError('bad_request', `${path} does not hold what sluice bootstrap writes there`, { cause });
  }
}

export async function writeChoices(aws: Aws, bucket: string, choices: BootstrapChoices): Promise<void> {
  const client = await aws.client('s3');
  await client.putObject({ Bucket: bucket, Key: choicesKey, Body: textOf(choices), ContentType: 'application/json' });
}

/**
 * Where no earlier choice is known. What the account has once for all (GitHub's identity provider, API Gateway's role for logs) is not made a second
 * time, unless it is in the state: then it is ours. @throws GatewayError: the state has roles for GitHub, and nobody says for which repository
 */
export async function chooseFor(
  aws: Aws,
  github: GithubRepository | undefined,
  resources: readonly StateResource[],
): Promise<BootstrapChoices> {
  const has = (type: string) => resources.some((resource) => resource.type === type);
  if (github === undefined && resources.some(({ type, name }) => type === 'aws_iam_role' && name === 'github'))
    throw new GatewayError(
      'bad_request',
      'the roles for GitHub were made by hand, and for which repository is not known here: say --github',
    );
  const [providers, account] = await Promise.all([
    aws.client('iam').then((iam) => iam.listOpenIDConnectProviders({})),
    aws.client('api-gateway').then((api) => api.getAccount({})),
  ]);
  const hasProvider = (providers.OpenIDConnectProviderList ?? []).some(({ Arn }) =>
    Arn?.endsWith(':oidc-provider/token.actions.githubusercontent.com'),
  );
  return {
    github: github ?? null,
    create_oidc_provider: !hasProvider || has('aws_iam_openid_connect_provider'),
    create_api_gateway_account: account.cloudwatchRoleArn === undefined || has('aws_api_gateway_account'),
  };
}
