import { readStateResources } from '../../roots/state-resources.ts';
import { fail, pass, type Check } from '../check.ts';

/** The secret that the state knows does not wait for its deletion: hosts would be left without keys. One of an earlier deployment is in nobody's way. */
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
    if (live !== undefined) return pass(live.Name ?? '');
    if (SecretList.length === 0) return pass('none yet: the first deployment makes it');
    const resources = (await readStateResources(aws, names.stateBucket, target.stateKey)) ?? [];
    const known = resources
      .filter(({ type }) => type === 'aws_secretsmanager_secret')
      .flatMap(({ instances }) => instances.map(({ name }) => name));
    const doomed = SecretList.find(({ Name }) => known.includes(Name));
    if (doomed === undefined) return pass('a new one will be made; that of an earlier deployment goes by itself');
    return fail(
      `${doomed.Name} is scheduled for deletion`,
      `keep it: aws secretsmanager restore-secret --secret-id ${doomed.Name} --region ${target.region}`,
    );
  },
};
