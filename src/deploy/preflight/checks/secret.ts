import { fail, pass, type Check } from '../check.ts';

/** No secret of this deployment waits for its deletion: one in use would leave hosts without keys. */
export const secretCheck: Check = {
  id: 'secret',
  phase: 'account',
  async run({ aws, names, target }) {
    if (target.values['api_key_required'] !== true) return pass('no API keys, no secret');
    const client = await aws.client('secrets-manager');
    const { SecretList = [] } = await client.listSecrets({
      IncludePlannedDeletion: true,
      Filters: [{ Key: 'name', Values: [`${names.prefix}-keys`] }],
    });
    const [live] = SecretList.filter(({ DeletedDate }) => DeletedDate === undefined);
    const [doomed] = SecretList.filter(({ DeletedDate }) => DeletedDate !== undefined);
    if (live !== undefined) return pass(live.Name ?? '');
    if (doomed === undefined) return pass('none yet: the first deployment makes it');
    return fail(
      `${doomed.Name} is scheduled for deletion`,
      `keep it: aws secretsmanager restore-secret --secret-id ${doomed.Name}, or delete it at once with --force-delete-without-recovery`,
    );
  },
};
