import { isMissing } from '../../aws/describe-error.ts';
import { bootstrapLine } from '../../names.ts';
import { fail, pass, warn, type Check } from '../check.ts';

const issuer = 'token.actions.githubusercontent.com';

/**
 * In GitHub Actions: the account trusts GitHub's tokens, and the role that we run as trusts this repository and no other. Subjects have ids since
 * July 2026 in new repositories: `repo:owner@1/name@2:environment:dev` (GitHub Docs, "OpenID Connect reference").
 */
export const githubIdentityCheck: Check = {
  id: 'github-identity',
  phase: 'account',
  async run({ aws, callerArn, target, variables }) {
    if (variables['GITHUB_ACTIONS'] !== 'true') return pass('not in GitHub Actions');
    const { GITHUB_REPOSITORY: repository = '', GITHUB_REPOSITORY_OWNER_ID: ownerId, GITHUB_REPOSITORY_ID: id } = variables;
    const fix = `make provider and roles: ${bootstrapLine(target)} --github ${repository}:${ownerId}:${id}`;
    const iam = await aws.client('iam');
    const { OpenIDConnectProviderList = [] } = await iam.listOpenIDConnectProviders({});
    if (!OpenIDConnectProviderList.some(({ Arn }) => Arn?.endsWith(`/${issuer}`) === true)) {
      return fail(`the account does not know ${issuer}`, fix);
    }
    const role = /:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
    if (role === undefined)
      return warn(
        'these credentials are a key of a user',
        'let the workflow assume a role instead (aws-actions/configure-aws-credentials)',
      );
    const answer = await iam.getRole({ RoleName: role }).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    const trust = decodeURIComponent(answer?.Role?.AssumeRolePolicyDocument ?? '');
    if (/repo:[^"]*:\*"/.test(trust)) return warn(`${role} trusts every branch and pull request`, fix);
    const [owner = '', name = ''] = repository.split('/');
    const spellings = [`repo:${repository}:`, `repo:${owner}@${ownerId}/${name}@${id}:`];
    if (!spellings.some((spelling) => trust.includes(spelling))) return fail(`${role} does not trust ${repository}`, fix);
    return pass(`${role} trusts ${repository} for ${target.environment}`);
  },
};
