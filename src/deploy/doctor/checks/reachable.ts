import { TransportError } from '../../../transport/transport-error.ts';
import { seconds } from '../answers.ts';
import { pass, Unmet, type Check } from '../check.ts';

/** The endpoint answers HTTP at all: name, connection, TLS. Without it nothing else is asked. */
export const reachableCheck: Check = {
  id: 'reachable',
  run: async ({ endpoint }) => {
    const { host, protocol } = new URL(endpoint.url);
    try {
      const { status, totalMs } = await endpoint.ask({ method: 'GET', path: '/health', key: null });
      return pass(`${host} answers${protocol === 'https:' ? ' over TLS' : ''} in ${seconds(totalMs)} (status ${status})`);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw new Unmet({ expected: `${host} to answer`, ...explain(error, new URL(endpoint.url)) });
    }
  },
};

/** What is behind an exchange that failed, and what to do about it. */
function explain(error: TransportError, url: URL): { came: string; advice: string } {
  const code = codeOf(error);
  const isCertificate = /CERT|ALTNAME|UNABLE_TO/.test(code);
  // A proxy that looks into what passes shows certificates of its own: they are trusted in the same way as others.
  if (error.proxy !== undefined && !isCertificate) {
    return {
      came: error.message,
      advice: `is ${url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'} right, or should NO_PROXY name ${url.hostname}?`,
    };
  }
  const known = reasons.find(([pattern]) => pattern.test(code));
  if (known !== undefined) return { came: `${known[1]} (${code})`, advice: known[2](url) };
  return {
    came: error.message,
    advice: 'is this the address of the service, and is a proxy or a firewall in the way?',
  };
}

type Reason = readonly [pattern: RegExp, came: string, advice: (url: URL) => string];

const reasons: readonly Reason[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    'the name is not known to DNS',
    ({ hostname }) => `is ${hostname} written right, has its record been made, and does this machine reach a name server?`,
  ],
  [
    /ECONNREFUSED/,
    'the connection is refused: nothing listens there',
    ({ host }) => `start the service at ${host}, or name the right port`,
  ],
  [
    /UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'no connection comes about',
    ({ hostname }) => `is a firewall between here and ${hostname}, and is the address reachable from this network?`,
  ],
  [/CERT_HAS_EXPIRED/, 'the certificate has expired', () => 'renew it'],
  [
    /ALTNAME/,
    'the certificate is of another name',
    ({ hostname }) => `use the name that the certificate has, or give the service one for ${hostname}`,
  ],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT/,
    'the certificate is not trusted here',
    () => 'use one of a public authority, or name the authority’s certificate in NODE_EXTRA_CA_CERTS',
  ],
  [/EPROTO|ERR_SSL|WRONG_VERSION/, 'the other side does not speak TLS', ({ host }) => `is it http://${host}, or another port?`],
  [/timeout/, 'no whole answer came in time', () => 'does the service hang? Its log knows; with --timeout it is given longer'],
];

function codeOf(error: TransportError): string {
  const { cause } = error;
  if (cause instanceof AggregateError) return codeIn(cause.errors[0]) ?? codeIn(cause) ?? error.failure;
  return codeIn(cause) ?? error.failure;
}

function codeIn(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
