import { pass, Unmet, type Check } from '../check.ts';
import type { Edge } from './edge.ts';

const leastTimeoutMs = 35_000;

/** Each POST of the API streams, and goes to the load balancer: an import of the document may have lost either. */
export const integrationCheck = ({ aws, apiId, albArn }: Edge): Check => ({
  id: 'edge-integration',
  isAboutAws: true,
  run: async () => {
    const client = await aws.client('api-gateway');
    const { items = [] } = await client.getResources({ restApiId: apiId, limit: 500 });
    const posts = items.filter(({ resourceMethods }) => resourceMethods?.['POST'] !== undefined);
    const faults: string[] = [];
    for (const { id, path } of posts) {
      const found = await client.getIntegration({ restApiId: apiId, resourceId: id, httpMethod: 'POST' });
      if (found.responseTransferMode !== 'STREAM')
        faults.push(`POST ${path}: responseTransferMode ${found.responseTransferMode ?? 'not set'}`);
      if (found.integrationTarget !== albArn)
        faults.push(`POST ${path}: integrationTarget ${found.integrationTarget ?? 'not set'}`);
      if ((found.timeoutInMillis ?? 0) < leastTimeoutMs)
        faults.push(`POST ${path}: timeoutInMillis ${found.timeoutInMillis ?? 'not set'}`);
    }
    if (posts.length > 0 && faults.length === 0) return pass(`${posts.length} routes stream to the load balancer`);
    throw new Unmet({
      expected: `each POST to stream to ${albArn}, within ${leastTimeoutMs} ms or more`,
      came: faults.length === 0 ? 'no POST at all' : faults.join('; '),
      advice:
        'the API is not as its document says: deploy again; if that changes nothing, look whether somebody changed the API by hand',
    });
  },
});
