import { GatewayError } from '../errors.ts';

/** When trying again makes sense, for callers. */
const retryAfterMs = 5_000;

/** What statements reject with while the database is away. */
export function unreachable(cause: unknown): GatewayError {
  return new GatewayError('service_unavailable', 'the database cannot be reached; try again in a moment', {
    type: 'no_db_connection',
    retryAfterMs,
    cause,
  });
}

/** Classes and codes of PostgreSQL's errors (its manual, appendix A) that concern the connection and not the statement. */
const connectionStates = /^(08...|57P0[1-5]|53300)$/;
const systemCodes = /^(E(CONN\w+|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|HOSTDOWN|NOENT))$/;
/** How the driver words failures of its own that carry no code. */
const driverMessages =
  /^(Connection terminated|Query read timeout|timeout ex|Client has encountered|Client was closed|Cannot use a pool)/;

/** Whether a failure is the connection's and not the statement's. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string') return connectionStates.test(code) || systemCodes.test(code);
  return driverMessages.test(error.message);
}
