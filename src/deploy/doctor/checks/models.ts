import { firstOf, objectOf, requireShape, requireStatus } from '../answers.ts';
import { pass, type Check } from '../check.ts';

/** `GET /v1/models` lists at least one model. */
export const modelsCheck: Check = {
  id: 'models',
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'GET', path: '/v1/models' });
    requireStatus(answer, 200, 'the gateway’s log has the reason under the request id');
    const data = objectOf(answer.text)?.['data'];
    const faults = typeof firstOf(data)?.['id'] === 'string' ? [] : ['data (a list whose rows have an id)'];
    requireShape('a list', faults, answer, 'name a model in the configuration’s `models`');
    const names = (data as { id: unknown }[]).map(({ id }) => String(id));
    return pass(names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', '));
  },
};
