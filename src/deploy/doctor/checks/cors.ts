import { describe } from '../answers.ts';
import { pass, skip, Unmet, type Check, type Fault } from '../check.ts';
import type { Answer } from '../endpoint.ts';
import { textPath, wrongKey } from '../requests.ts';

const unknownOrigin = 'no page that may call it is known: name one with --origin';

/** A browser’s question before a page’s request: 204 with what it may send. */
export const corsPreflightCheck: Check = {
  id: 'cors-preflight',
  run: async ({ endpoint, origin }) => {
    if (origin === null) return skip(unknownOrigin);
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const answer = await endpoint.ask({ method: 'OPTIONS', path: textPath, key: null, headers });
    const faults: Fault[] = [];
    const advice = 'name the page in cors.origins; on AWS: the topology’s cors_allowed_origin';
    if (answer.status !== 204) faults.push({ expected: 'OPTIONS to answer 204', came: describe(answer), advice });
    faults.push(...originFault(answer, origin));
    for (const [header, wanted] of [
      ['access-control-allow-methods', ['POST']],
      ['access-control-allow-headers', ['authorization', 'content-type']],
    ] as const) {
      const allowed = (answer.headers[header] ?? '').toLowerCase().split(/\s*,\s*/);
      const missing = wanted.filter((word) => !allowed.includes(word.toLowerCase()));
      if (missing.length > 0)
        faults.push({
          expected: `${header} with ${missing.join(', ')}`,
          came: answer.headers[header] ?? 'no such header',
          advice,
        });
    }
    if (faults[0] !== undefined) throw new Unmet(faults[0]);
    return pass(`204 for ${origin}`);
  },
};

/** A page can read the answers to its requests, refusals among them: else a browser shows a network error in the place of each. */
export const corsAnswersCheck: Check = {
  id: 'cors-answers',
  needsAccess: true,
  run: async ({ endpoint, origin, access }) => {
    if (origin === null) return skip(unknownOrigin);
    const headers = { origin };
    const answers = [
      await endpoint.ask({ method: 'GET', path: '/v1/models', headers }),
      await endpoint.ask({ method: 'POST', path: textPath, headers, body: '{' }),
      await endpoint.ask({ method: 'GET', path: '/v1/there-is-no-such-route', headers }),
    ];
    if (access.isKeyed) answers.push(await endpoint.ask({ method: 'GET', path: '/v1/models', headers, key: wrongKey }));
    const [fault] = answers.flatMap((answer) => originFault(answer, origin));
    if (fault !== undefined) throw new Unmet(fault);
    return pass(`on ${[...new Set(answers.map(({ status }) => status))].join(', ')}`);
  },
};

function originFault(answer: Answer, origin: string): Fault[] {
  const allowed = answer.headers['access-control-allow-origin'];
  if (allowed === origin || allowed === '*') return [];
  return [
    {
      expected: `Access-Control-Allow-Origin: ${origin} on ${answer.question} (status ${answer.status})`,
      came: allowed ?? 'no such header',
      advice:
        'name the page in cors.origins, and in cors_allowed_origin of the topology; what stands in front must let the header pass',
    },
  ];
}
