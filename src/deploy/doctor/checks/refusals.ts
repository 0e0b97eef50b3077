import { describe, errorOf, requireError } from '../answers.ts';
import { pass, skip, Unmet, type Check } from '../check.ts';
import type { Answer } from '../endpoint.ts';
import { isFromApiGateway } from '../in-front.ts';
import { textPath, textRequest, wrongKey } from '../requests.ts';

const passedOn = 'what stands in front must pass the gateway’s answer on as it is';

/** A body that is no JSON: 400. */
export const badJsonCheck: Check = {
  id: 'bad-json',
  needsAccess: true,
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'POST', path: textPath, body: '{"model": ' });
    const error = requireError(answer, { status: 400, codes: ['bad_request'] }, passedOn);
    return pass(`400: ${String(error['message'])}`);
  },
};

/** A body of the wrong form: 400 that names each wrong field. */
export const badSchemaCheck: Check = {
  id: 'bad-schema',
  needsAccess: true,
  run: async ({ endpoint, model }) => {
    const answer = await endpoint.ask({ method: 'POST', path: textPath, body: textRequest(model, { max_tokens: 'many' }) });
    const error = requireError(answer, { status: 400, codes: ['bad_request'] }, passedOn);
    const details = error['details'];
    if (Array.isArray(details) && JSON.stringify(details).includes('max_tokens'))
      return pass('400, with the field max_tokens named');
    throw new Unmet({ expected: 'error.details that name max_tokens', came: describe(answer), advice: passedOn });
  },
};

/** A wrong key, and none: 401 that says how to show one. */
export const wrongKeyCheck: Check = {
  id: 'wrong-key',
  run: async ({ endpoint, access, model }) => {
    if (!access.isKeyed && endpoint.key === null) return skip('the endpoint asks for no key');
    for (const key of [wrongKey, null]) {
      const answer = await endpoint.ask({ method: 'POST', path: textPath, body: textRequest(model), key });
      const open = 'the endpoint lets everybody in: ask for keys there, or leave the key out here';
      requireError(answer, { status: 401, codes: ['unauthorized'] }, answer.status < 400 ? open : passedOn);
      requireChallenge(answer);
    }
    return pass('401, without a key too');
  },
};

/** API Gateway gives the header of what lies behind it another name. */
function requireChallenge(answer: Answer): void {
  const { headers } = answer;
  const challenge = headers['www-authenticate'] ?? headers['x-amzn-remapped-www-authenticate'];
  if (challenge !== undefined && /^Bearer\b/i.test(challenge)) return;
  throw new Unmet({
    expected: 'WWW-Authenticate: Bearer on a 401',
    came: challenge === undefined ? 'no such header' : challenge,
    advice: passedOn,
  });
}

/** A route that is none: 404. */
export const unknownRouteCheck: Check = {
  id: 'unknown-route',
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'GET', path: '/v1/there-is-no-such-route' });
    requireError(
      answer,
      { status: 404, codes: ['not_found'] },
      'a page or another program answers there: is the URL the gateway’s?',
    );
    return pass('404');
  },
};

/** A model that is none: 404. */
export const unknownModelCheck: Check = {
  id: 'unknown-model',
  needsAccess: true,
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'POST', path: textPath, body: textRequest('there-is-no-such-model') });
    const advice = 'does something answer for every model? Look at the configuration’s `models` for names with *';
    const error = requireError(answer, { status: 404, codes: ['model_not_found'] }, advice);
    return pass(`404: ${String(error['message'])}`);
  },
};

/** A method that a route does not have: 405 with those that it has. API Gateway knows it as a route that is none. */
export const wrongMethodCheck: Check = {
  id: 'wrong-method',
  run: async ({ endpoint }) => {
    const answer = await endpoint.ask({ method: 'GET', path: textPath });
    if (answer.status === 404 && isFromApiGateway(answer) && errorOf(answer)?.['code'] === 'not_found') {
      return pass('404: to API Gateway a wrong method is an unknown route');
    }
    requireError(answer, { status: 405, codes: ['method_not_allowed'] }, passedOn);
    const allow = answer.headers['allow'] ?? '';
    if (/\bPOST\b/.test(allow)) return pass(`405, Allow: ${allow}`);
    throw new Unmet({ expected: 'Allow to name POST', came: allow === '' ? 'no such header' : allow, advice: passedOn });
  },
};
