import { describe, objectOf, requireShape } from '../answers.ts';
import { pass, Unmet, type Check } from '../check.ts';

/** `GET /health` has its four fields and says that a model can answer. */
export const healthCheck: Check = {
  id: 'health',
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'GET', path: '/health', key: null });
    const body = objectOf(answer.text);
    if (body === undefined || typeof body['status'] !== 'string') {
      throw new Unmet({
        expected: 'GET /health to answer the gateway’s JSON',
        came: describe(answer),
        advice: 'is this the base URL of the gateway, without /v1?',
      });
    }
    if (answer.status !== 200 || body['status'] !== 'healthy') {
      const why = typeof body['detail'] === 'string' ? `: ${body['detail']}` : '';
      throw new Unmet({
        expected: 'status 200, and healthy',
        came: `status ${answer.status}, ${body['status']}${why}${answer.headers['retry-after'] === undefined ? '' : `, Retry-After ${answer.headers['retry-after']}`}`,
        advice: 'no model can answer now: sluice status gpu, and the logs of gateway and engine',
      });
    }
    const { model, gpu_memory_used: memory, requests_in_queue: queue } = body;
    const faults = [
      typeof model === 'string' ? [] : 'model (text)',
      memory === null || (typeof memory === 'number' && memory >= 0 && memory <= 1) ? [] : 'gpu_memory_used (0 to 1, or null)',
      Number.isSafeInteger(queue) && Number(queue) >= 0 ? [] : 'requests_in_queue (integer)',
    ].flat();
    requireShape(
      '/health',
      faults,
      answer,
      'another program answers here, or an older gateway: is the image the one that was staged?',
    );
    const gpu = typeof memory === 'number' ? `, ${Math.round(memory * 100)} % of the GPU’s memory in use` : '';
    return pass(`healthy, model ${String(model)}${gpu}, ${String(queue)} in the queue`);
  },
};
