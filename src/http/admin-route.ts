import { z } from 'zod';
import type { Caller } from '../admin/caller.ts';
import type { ErrorCode } from '../errors.ts';
import { refuseOddNames } from '../wire/admin/odd-names.ts';
import { parseBody, parseQuery } from '../wire/parse.ts';
import { callerOf } from './caller-of.ts';
import type { RouteDefinition } from './route.ts';

const readErrors: readonly ErrorCode[] = [
  'bad_request',
  'unauthorized',
  'route_access_denied',
  'origin_not_allowed',
  'not_found',
  'service_unavailable',
];
const writeErrors: readonly ErrorCode[] = [...readErrors, 'request_timeout', 'request_too_large'];

const anyObject = z.looseObject({});

interface Described extends Pick<RouteDefinition, 'paths' | 'summary' | 'tag' | 'access' | 'documentedPath'> {
  answer: z.ZodType;
}

interface ReadSpec<Query extends z.ZodObject> extends Described {
  query: Query;
  run: (caller: Caller, query: z.output<Query>) => unknown;
}

interface WriteSpec<Body extends z.ZodType> extends Described {
  body: Body;
  /** An empty body is one without fields. */
  isBodyOptional?: boolean;
  run: (caller: Caller, body: z.output<Body>, parameters: Readonly<Record<string, string>>) => unknown;
}

/** A route of the admin API that reads. */
export function readRoute<Query extends z.ZodObject>({ run, answer, ...spec }: ReadSpec<Query>): RouteDefinition {
  return {
    ...spec,
    method: 'GET',
    answer: { schema: answer, contentType: 'application/json' },
    errors: readErrors,
    handler: async (request) => run(callerOf(request), parseQuery(spec.query, request.query)),
  };
}

/** A route of the admin API that takes a body. */
export function writeRoute<Body extends z.ZodType>({ run, answer, isBodyOptional, ...spec }: WriteSpec<Body>): RouteDefinition {
  return {
    ...spec,
    method: 'POST',
    answer: { schema: answer, contentType: 'application/json' },
    errors: writeErrors,
    handler: async (request) => {
      const given = request.body as Buffer | undefined;
      const isEmpty = given === undefined || given.length === 0;
      const bytes = isEmpty && isBodyOptional === true ? Buffer.from('{}') : given;
      // Before the schema, whose checks cannot bear every depth.
      refuseOddNames(parseBody(anyObject, bytes));
      const body = parseBody(spec.body, bytes);
      return run(callerOf(request), body, request.params as Record<string, string>);
    },
  };
}
