import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readEnvironment } from '../../../src/config/environment.ts';
import type { CommandIo } from '../../../src/cost/command-io.ts';
import { Aws } from '../../../src/deploy/aws/clients.ts';
import { namesOf, type Names } from '../../../src/deploy/names.ts';
import { readTarget, type Target } from '../../../src/deploy/target.ts';
import { findProgram } from '../../../src/tofu/program.ts';
import { mockAccountId, startMockAws, type MockAws } from '../../rehearsal/mock-aws.ts';
import { expectNoViolations } from '../../rehearsal/violations.ts';

/** What an operation is answered with instead of the mock's answer. */
export interface CannedAnswer {
  status?: number;
  type?: string;
  body: string;
}

/** An account on the mock of AWS; `answer` says what the mock does not know, by `service:Operation`. */
export interface Account {
  mock: MockAws;
  aws: Aws;
  target: Target;
  names: Names;
  /** Where commands reach it. */
  variables: Record<string, string>;
  answers: Map<string, (body: string) => CannedAnswer | undefined>;
  /** Whether anything was written to the mock since the last reset or `settle`. */
  isChanged(): boolean;
  /** What was written so far counts as the account's beginning. */
  settle(): void;
  reset(): Promise<void>;
  /** Throws when AWS would have refused something that was asked of it. */
  stop(): Promise<void>;
}

/** JSON, as most services answer. */
export const json = (value: unknown): CannedAnswer => ({ type: 'application/x-amz-json-1.1', body: JSON.stringify(value) });

/** Starts the mock, and before it a server that gives canned answers and passes everything else on. */
export async function startAccount(): Promise<Account> {
  const mock = await startMockAws();
  const answers: Account['answers'] = new Map();
  let isChanged = false;
  const front = createServer(
    (request, response) => void pass(request, response, { url: mock.url, answers, onChange: () => (isChanged = true) }),
  ).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  // Whatever else lies on this machine, such as Terraform.
  const { path } = await findProgram({ environment: readEnvironment(process.env) });
  const variables = { ...mock.variables, AWS_ENDPOINT_URL: url, SLUICE_TOFU: path };
  for (const [name, value] of Object.entries(variables)) process.env[name] = value;
  const target = await readTarget({ topology: 'gpu', environment: 'dev', infrastructure: 'infrastructure', variables });
  const aws = new Aws({ region: target.region, endpoint: url });
  return {
    mock,
    aws,
    target,
    names: namesOf(target, mockAccountId, target.region),
    variables,
    answers,
    isChanged: () => isChanged,
    settle: () => void (isChanged = false),
    reset: async () => {
      isChanged = true;
      answers.clear();
      await mock.reset();
      await mock.clearFaults();
    },
    stop: async () => {
      aws.close();
      front.close();
      front.closeAllConnections();
      await expectNoViolations(mock).finally(mock.stop);
    },
  };
}

interface Front {
  url: string;
  answers: Account['answers'];
  onChange: () => void;
}

async function pass(request: IncomingMessage, response: ServerResponse, { url, answers, onChange }: Front): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const operation = operationOf(request, body.toString('utf8'));
  const canned = answers.get(operation)?.(body.toString('utf8'));
  if (canned !== undefined) {
    response.writeHead(canned.status ?? 200, { 'content-type': canned.type ?? 'text/xml' }).end(canned.body);
    return;
  }
  if (!/:(Describe|Get|List|BatchGet|Filter|Simulate|GET |HEAD )/.test(operation)) onChange();
  const onward = httpRequest(
    url + (request.url ?? '/'),
    { method: request.method ?? 'GET', headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy()).end(body);
}

/** `iam:SimulatePrincipalPolicy`, by what the request is signed for, and its target or action. */
function operationOf({ headers, method, url }: IncomingMessage, body: string): string {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '?';
  const target = headers['x-amz-target'];
  const operation = typeof target === 'string' ? target.split('.').at(-1) : /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  return `${service}:${operation ?? `${method} ${url}`}`;
}

/** Where a command writes in tests. */
export interface Screen extends CommandIo {
  text(): string;
  notes(): string;
  status(): number;
}

/** Collects what a command writes. Its clock is the real one. */
export function screen(): Screen {
  const [written, noted]: [string[], string[]] = [[], []];
  let status = 0;
  return {
    write: (text) => void written.push(text),
    warn: (text) => void noted.push(text),
    setExitStatus: (given) => void (status = given),
    nowMs: () => Date.now(),
    text: () => written.join(''),
    notes: () => noted.join('\n'),
    status: () => status,
  };
}

/** What commands are given by the process. */
export const environmentOf = ({ variables }: Account) => readEnvironment({ ...process.env, ...variables });
