import type { DoctorSettings } from '../../../src/deploy/doctor/context.ts';
import type { AwsStandIn } from './aws-stand-in.ts';
import type { Misbehaviour, Passing, Seen } from './faulty-edge.ts';

/** Something that goes wrong, and the one line of the doctor's that must be red for it. */
export interface Fault {
  check: string;
  name: string;
  edge?: Misbehaviour;
  settings?: Partial<DoctorSettings>;
  /** Default: the edge's. */
  url?: string;
  aws?: (aws: AwsStandIn) => void;
  /** Whether waiting does not help. */
  isWaitInVain?: true;
  /** Whether the standby responder is missing when the hosts are taken away. */
  hasNoStandby?: true;
  /** Whether hosts go on answering when they are taken away. */
  neverEmpties?: true;
  /** What the failure must say. */
  says: RegExp;
}

const isText = ({ path, body }: Seen) => path === '/v1/completions' && body['prompt'] !== undefined && body['stream'] !== true;
const isChat = ({ path, body }: Seen) => path === '/v1/chat/completions' && body['stream'] !== true;
const isTextStream = ({ path, body }: Seen) => path === '/v1/completions' && body['stream'] === true;
const isChatStream = ({ path, body }: Seen) => path === '/v1/chat/completions' && body['stream'] === true;
const isOptions = ({ method }: Seen) => method === 'OPTIONS';
/** Streams are let through as they come: holding them back would be another fault. */
const all = ({ body }: Seen) => body['stream'] !== true;

const html = (status: number): Passing => ({
  status,
  headers: { 'content-type': 'text/html', 'x-request-id': 'x' },
  text: '<html>Sorry</html>',
});

/** As much of the answers' forms as faults touch. */
interface Loose {
  [field: string]: unknown;
  choices?: [{ text?: string; message?: { role?: string } }];
  error?: { details?: unknown; type?: string; param?: unknown };
}

/** Changes the JSON of an answer. */
const edit =
  (change: (body: Loose) => void): NonNullable<Misbehaviour['changes']> =>
  (answer) => {
    const body = JSON.parse(answer.text) as Loose;
    change(body);
    answer.text = JSON.stringify(body);
  };

/** A stream whose events after the first with text have none. */
const withTextOnce = (stream: string): string => {
  let isFirst = true;
  return stream.replaceAll(/"text":"[^"]+"/g, (text) => {
    if (!isFirst) return '"text":""';
    isFirst = false;
    return text;
  });
};

const onErrors =
  (change: (answer: Passing) => void): NonNullable<Misbehaviour['changes']> =>
  (answer) =>
    answer.status >= 400 ? change(answer) : undefined;

/** Where nothing answers: these need no gateway. */
export const unreachable: readonly Fault[] = [
  { check: 'reachable', name: 'nothing listens', url: 'http://127.0.0.1:1', says: /refused.*nothing listens.*ECONNREFUSED/ },
  { check: 'reachable', name: 'the name is unknown', url: 'http://nobody.invalid', says: /not known to DNS/ },
];

/** Everything that a check must find. */
export const faults: readonly Fault[] = [
  {
    check: 'reachable',
    name: 'it hangs at the first request',
    edge: { answers: () => null },
    settings: { timeoutMs: 500 },
    says: /no whole answer came in time/,
  },
  {
    check: 'health',
    name: '/health lacks a field',
    edge: { holds: ({ path }) => path === '/health', changes: edit((body) => delete body['requests_in_queue']) },
    says: /requests_in_queue/,
  },
  {
    check: 'health',
    name: '/health has a field of another type',
    edge: { holds: ({ path }) => path === '/health', changes: edit((body) => (body['gpu_memory_used'] = '40 %')) },
    says: /gpu_memory_used/,
  },
  {
    check: 'health',
    name: '/health says loading',
    edge: {
      holds: ({ path }) => path === '/health',
      changes: (answer) => {
        answer.status = 503;
        edit((body) => (body['status'] = 'loading'))(answer, {} as Seen);
      },
    },
    says: /status 503, loading/,
  },
  {
    check: 'models',
    name: 'no model is listed',
    edge: { holds: ({ path }) => path === '/v1/models', changes: edit((body) => (body['data'] = [])) },
    says: /data \(a list/,
  },
  {
    check: 'completion',
    name: 'a completion has no usage',
    edge: { holds: isText, changes: edit((body) => delete body['usage']) },
    says: /usage\.prompt_tokens/,
  },
  {
    check: 'completion',
    name: 'a completion is another content',
    edge: { holds: isText, changes: edit((body) => delete body.choices?.[0].text) },
    says: /choices\[0\]\.text/,
  },
  {
    check: 'chat',
    name: 'nobody says who speaks in a conversation',
    edge: { holds: isChat, changes: edit((body) => delete body.choices?.[0].message?.role) },
    says: /choices\[0\]\.message\.role/,
  },
  {
    check: 'chat',
    name: 'a conversation hangs',
    edge: { answers: (seen) => (isChat(seen) ? null : undefined) },
    settings: { timeoutMs: 700 },
    says: /no whole answer within 0\.7 s/,
  },
  {
    check: 'completion-stream',
    name: 'streams are held back',
    edge: { holds: isTextStream },
    says: /one after another.*all \d+ within/,
  },
  {
    check: 'completion-stream',
    name: 'a stream brings its text in one event',
    edge: { holds: isTextStream, changes: (answer) => (answer.text = withTextOnce(answer.text)) },
    says: /more than one event with text; came 1 of \d+ events/,
  },
  {
    check: 'completion-stream',
    name: 'a stream has another content type',
    edge: { holds: isTextStream, changes: ({ headers }) => (headers['content-type'] = 'text/plain') },
    says: /text\/event-stream.*text\/plain/,
  },
  {
    check: 'chat-stream',
    name: 'a stream breaks off',
    edge: { holds: isChatStream, changes: (answer) => (answer.text = answer.text.replace('data: [DONE]\n\n', '')) },
    says: /\[DONE\].*then the end/,
  },
  {
    check: 'chat-stream',
    name: 'a stream ends with an error',
    edge: {
      holds: isChatStream,
      changes: (answer) =>
        (answer.text = answer.text.replace('data: [DONE]', 'data: {"error":{"code":"bad_gateway","message":"gone"}}')),
    },
    says: /then an error: bad_gateway: gone/,
  },
  {
    check: 'bad-json',
    name: 'a body that is no JSON yields 422',
    edge: {
      holds: ({ path, method, body, headers }) =>
        path === '/v1/completions' && method === 'POST' && Object.keys(body).length === 0 && headers.origin === undefined,
      changes: (answer) => (answer.status = 422),
    },
    says: /400; came status 422/,
  },
  {
    check: 'bad-schema',
    name: 'the wrong fields are not named',
    edge: { holds: ({ body }) => body['max_tokens'] === 'many', changes: edit((body) => delete body.error?.details) },
    says: /error\.details/,
  },
  {
    check: 'wrong-key',
    name: 'a wrong key yields 403',
    edge: { holds: all, changes: (answer) => answer.status === 401 && (answer.status = 403) },
    says: /answer 401; came status 403/,
  },
  {
    check: 'wrong-key',
    name: 'a 401 has no WWW-Authenticate',
    edge: { holds: all, changes: ({ headers }) => delete headers['www-authenticate'] },
    says: /WWW-Authenticate/,
  },
  {
    check: 'unknown-route',
    name: 'a page answers for unknown routes',
    edge: {
      answers: ({ path, headers }) => (path.includes('no-such-route') && headers.origin === undefined ? html(200) : undefined),
    },
    says: /404; came status 200 \(text\/html\)/,
  },
  {
    check: 'unknown-model',
    name: 'any model is answered for',
    edge: { holds: ({ body }) => body['model'] === 'there-is-no-such-model', changes: (answer) => (answer.status = 200) },
    says: /404; came status 200/,
  },
  {
    check: 'wrong-method',
    name: 'a wrong method is an unknown route',
    edge: {
      holds: ({ method, path }) => method === 'GET' && path === '/v1/completions',
      changes: (answer) => (answer.status = 404),
    },
    says: /405; came status 404/,
  },
  {
    check: 'wrong-method',
    name: 'a 405 does not say which methods there are',
    edge: { holds: ({ method }) => method === 'GET', changes: ({ headers }) => delete headers['allow'] },
    says: /Allow/,
  },
  {
    check: 'cors-preflight',
    name: 'a preflight does not name the key’s header',
    edge: { holds: isOptions, changes: ({ headers }) => (headers['access-control-allow-headers'] = '*') },
    says: /access-control-allow-headers with authorization/,
  },
  {
    check: 'cors-preflight',
    name: 'a preflight is an error',
    edge: { holds: isOptions, changes: (answer) => (answer.status = 200) },
    says: /204; came status 200/,
  },
  {
    check: 'cors-answers',
    name: 'a page cannot read errors',
    edge: { holds: all, changes: onErrors(({ headers }) => delete headers['access-control-allow-origin']) },
    says: /Access-Control-Allow-Origin.*status 400/,
  },
  {
    check: 'request-id',
    name: 'an answer has no request id',
    edge: { holds: ({ path }) => path === '/v1/models', changes: ({ headers }) => delete headers['x-request-id'] },
    says: /none on GET \/v1\/models/,
  },
  {
    check: 'error-envelope',
    name: 'an error is of another content type',
    edge: { holds: all, changes: onErrors(({ headers }) => (headers['content-type'] = 'text/html')) },
    says: /application\/json/,
  },
  {
    check: 'error-envelope',
    name: 'an error has no type',
    edge: { holds: ({ body }) => body['model'] === 'there-is-no-such-model', changes: edit((body) => delete body.error?.type) },
    says: /error\.type/,
  },
  {
    check: 'error-envelope',
    name: 'an error does not say which field it is about',
    edge: { holds: ({ body }) => body['model'] === 'there-is-no-such-model', changes: edit((body) => delete body.error?.param) },
    says: /error\.param/,
  },
  {
    check: 'deadline',
    name: 'a long answer never comes',
    edge: { answers: ({ body }) => (body['max_tokens'] === 2000 ? null : undefined) },
    settings: { isSlowTried: true, deadlineMs: 200 },
    says: /200 or 504 within 5\.2 s/,
  },
  {
    check: 'rate-limit',
    name: 'nobody is counted',
    edge: { forgetsCallers: true },
    settings: { floodLimit: 30 },
    says: /429 within 31 requests/,
  },
  {
    check: 'rate-limit',
    name: 'a 429 does not say when to come back',
    edge: { holds: all, changes: (answer) => answer.status === 429 && delete answer.headers['retry-after'] },
    settings: { floodLimit: 30 },
    says: /429 with Retry-After/,
  },
  {
    check: 'spoofed-address',
    name: 'callers are believed',
    edge: { believesCallers: true },
    settings: { floodLimit: 30 },
    says: /x-client-ip.*came status 200/,
  },
  {
    check: 'limit-ends',
    name: 'waiting does not help',
    isWaitInVain: true,
    settings: { floodLimit: 30 },
    says: /200 after Retry-After/,
  },
  {
    check: 'edge-integration',
    name: 'the API does not stream',
    aws: (aws) => (aws.integration['responseTransferMode'] = 'BUFFERED'),
    says: /POST \/v1\/completions: responseTransferMode BUFFERED/,
  },
  {
    check: 'edge-integration',
    name: 'the API has lost its target',
    aws: (aws) => delete aws.integration['integrationTarget'],
    says: /integrationTarget not set/,
  },
  {
    check: 'edge-firewall',
    name: 'no firewall guards the stage',
    aws: (aws) => (aws.guardedBy = null),
    says: /stage dev.*no web ACL/,
  },
  {
    check: 'edge-vpc-link',
    name: 'the VPC link sleeps',
    aws: (aws) => (aws.vpcLinkStatus = 'INACTIVE'),
    says: /AVAILABLE; came INACTIVE/,
  },
  { check: 'standby', name: 'no standby responder answers', hasNoStandby: true, says: /503 with Retry-After.*text\/html/ },
];
