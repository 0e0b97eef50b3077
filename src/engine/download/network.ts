import { EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { proxyAddress, thisMachine, type Proxies } from '../../transport/proxies.ts';
import { codeOf, messageOf, ModelError } from '../model-error.ts';

/** How this machine reaches the model hub. */
export interface NetworkSettings {
  /** Base address of the model hub, e.g. `https://huggingface.co`. */
  hubEndpoint: string;
  proxies: Proxies;
}

/** How long the hub may take. */
export interface NetworkTimings {
  /** Short, so that a network without the hub is known at once. */
  connectMs: number;
  headersMs: number;
  /** Between two pieces of the body. */
  stallMs: number;
  /** Tries in a row that may bring no byte before the source is given up. */
  retries: number;
  firstRetryMs: number;
}

/** What `npm start` uses. */
export const networkTimings: NetworkTimings = {
  connectMs: 4_000,
  headersMs: 20_000,
  stallMs: 30_000,
  retries: 4,
  firstRetryMs: 1_000,
};

/** Connections for one download; the caller closes them. Throws a source error when a proxy is no address. */
export function openConnections({ proxies }: NetworkSettings, timings: NetworkTimings): Dispatcher {
  return new EnvHttpProxyAgent({
    httpProxy: addressOf(proxies.http),
    httpsProxy: addressOf(proxies.https),
    noProxy: `${thisMachine},${proxies.no}`,
    connectTimeout: timings.connectMs,
    headersTimeout: timings.headersMs,
    bodyTimeout: timings.stallMs,
  });
}

/** What is wrong is not repeated, since it may hold a password. */
function addressOf(setting: string): string {
  const address = proxyAddress(setting);
  if (address === undefined) throw new ModelError('source', 'the proxy setting is no address');
  return address;
}

/** A host of the hub, and the proxy that may stand before it. */
export function describeHost(host: string, { hubEndpoint, proxies }: NetworkSettings): string {
  const proxy = addressOf((hubEndpoint.startsWith('https:') && proxies.https) || proxies.http);
  return proxy === '' ? host : `${host} (or the proxy ${new URL(proxy).host} before it)`;
}

/** What went wrong on the way to `host`, in words for people. */
export function describeNetworkError(thrown: unknown, host: string, timings: NetworkTimings): string {
  const code = codeOf(thrown);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${host} cannot be resolved`;
  if (code === 'ECONNREFUSED') return `${host} refused the connection`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return `${host} did not answer within ${timings.connectMs / 1000} s`;
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return `${host} did not answer the request within ${timings.headersMs / 1000} s`;
  if (code === 'UND_ERR_BODY_TIMEOUT') return `${host} sent nothing for ${timings.stallMs / 1000} s`;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return `${host} cut the connection`;
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return `the certificate of ${host} is not trusted (${code}); name your own authority's file in NODE_EXTRA_CA_CERTS`;
  }
  return `${host}: ${messageOf(thrown)}${code === '' ? '' : ` (${code})`}`;
}
