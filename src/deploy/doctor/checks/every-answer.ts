import { describe, errorOf } from '../answers.ts';
import { pass, Unmet, type Check } from '../check.ts';
import type { Answer } from '../endpoint.ts';

/** Every answer has a request id, by which its line in the log is found. Runs after the others, over what they got. */
export const requestIdCheck: Check = {
  id: 'request-id',
  run: async ({ endpoint }) => {
    // A preflight is answered by the edge, as is a 429 of the firewall: neither has passed what gives ids.
    const answers = endpoint.answers.filter(({ method, status }) => method !== 'OPTIONS' && status !== 429);
    const without = answers.find(({ headers }) => (headers['x-request-id'] ?? '') === '');
    if (without === undefined) return pass(`on all ${answers.length} answers`);
    throw new Unmet({
      expected: 'X-Request-Id on every answer',
      came: `none on ${without.question} (status ${without.status})`,
      advice: 'what stands in front takes the header away, or answers itself',
    });
  },
};

/** Every error is OpenAI’s envelope in JSON, and says when to try again where that helps. Runs after the others, over what they got. */
export const errorEnvelopeCheck: Check = {
  id: 'error-envelope',
  run: async ({ endpoint }) => {
    // /health says the same by other fields, and a firewall's 429 says less: `rate-limit` judges it.
    const errors = endpoint.answers.filter(
      ({ status, question }) => status >= 400 && status !== 429 && question !== 'GET /health',
    );
    for (const answer of errors) {
      const fault = faultOf(answer);
      if (fault === undefined) continue;
      throw new Unmet({
        expected: `an error with ${fault} on ${answer.question} (status ${answer.status})`,
        came: describe(answer),
        advice: 'something in front puts its own page in the place of the gateway’s error; on AWS: the API’s gateway responses',
      });
    }
    return pass(`on all ${errors.length} errors`);
  },
};

function faultOf(answer: Answer): string | undefined {
  if (!/^application\/json\b/.test(answer.headers['content-type'] ?? '')) return 'content type application/json';
  const error = errorOf(answer);
  if (error === undefined) return 'an object `error`';
  const missing = ['message', 'type', 'code'].find((name) => typeof error[name] !== 'string');
  if (missing !== undefined) return `error.${missing}`;
  if (!('param' in error)) return 'error.param';
  return answer.status === 503 && !/^\d+$/.test(answer.headers['retry-after'] ?? '') ? 'Retry-After' : undefined;
}
