import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';

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

/** What an earlier run chose; null: none did. @throws GatewayError: the object was changed by hand to something else */
export async function readChoices(aws: Aws, bucket: string): Promise<BootstrapChoices | null> {
  let text: string | undefined;
  try {
    const { Body } = await (await aws.client('s3')).getObject({ Bucket: bucket, Key: choicesKey });
    text = await Body?.transformToString();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    return choicesSchema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new GatewayError('bad_request', `s3://${bucket}/${choicesKey} does not hold what sluice bootstrap writes there`, {
      cause,
    });
  }
}

export async function writeChoices(aws: Aws, bucket: string, choices: BootstrapChoices): Promise<void> {
  const client = await aws.client('s3');
  const body = `${JSON.stringify(choices, null, 2)}\n`;
  await client.putObject({ Bucket: bucket, Key: choicesKey, Body: body, ContentType: 'application/json' });
}

/** For a first run: what the account has once for all (GitHub's identity provider, API Gateway's role for logs) is not made a second time. */
export async function firstChoices(aws: Aws, github: GithubRepository | null): Promise<BootstrapChoices> {
  const [providers, account] = await Promise.all([
    aws.client('iam').then((iam) => iam.listOpenIDConnectProviders({})),
    aws.client('api-gateway').then((api) => api.getAccount({})),
  ]);
  const hasProvider = (providers.OpenIDConnectProviderList ?? []).some(({ Arn }) =>
    Arn?.endsWith(':oidc-provider/token.actions.githubusercontent.com'),
  );
  return { github, create_oidc_provider: !hasProvider, create_api_gateway_account: account.cloudwatchRoleArn === undefined };
}
