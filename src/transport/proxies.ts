/** Proxies as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them; an empty text: none. */
export interface Proxies {
  http: string;
  https: string;
  /** Hosts that are reached without one: names with all below them, `*`, each with or without a port, separated by commas. */
  no: string;
}

/** Every host is reached directly. */
export const noProxies: Proxies = { http: '', https: '', no: '' };

/** What stands before NO_PROXY for those that read it themselves: this machine is always reached directly. */
export const thisMachine = 'localhost,127.0.0.1,::1,[::1]';

/** A proxy's address as curl reads it: `http://` where no scheme is named; empty: none. Undefined: it is no address of a proxy. */
export function proxyAddress(setting: string): string | undefined {
  if (setting === '') return '';
  try {
    const { href, protocol, username, password } = new URL(setting.includes('://') ? setting : `http://${setting}`);
    decodeURIComponent(username + password);
    return /^(https?|socks5?):$/.test(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** What is said of a setting that is no address. It is not repeated, since it may hold a password. */
export const noAddress = (scheme: 'http' | 'https'): string =>
  `${scheme.toUpperCase()}_PROXY is no address of a proxy, such as http://10.0.0.1:3128`;

/** The setting that a URL's scheme asks for, or empty where the host is reached directly. */
export function proxySettingFor({ protocol, hostname, port }: URL, { http, https, no }: Proxies): string {
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  const number = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  if (isThisMachine(host) || no.split(/[\s,]+/).some((entry) => covers(entry, host, number))) return '';
  return protocol === 'https:' ? https : http;
}

const isThisMachine = (host: string): boolean => /^(.*\.)?localhost$|^127\.[\d.]+$|^::1$|^0\.0\.0\.0$/.test(host);

/** Whether an entry of NO_PROXY names the host: `example.com` and `.example.com` with all below, `*`, `[::1]`, each with or without `:port`. */
function covers(entry: string, host: string, port: string): boolean {
  const [, bare = '', , ownPort] = /^\[?([^\]]*?)\]?(:(\d+))?$/.exec(isBareIpv6(entry) ? `[${entry}]` : entry) ?? [];
  const name = bare
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  if (name === '' || (ownPort !== undefined && ownPort !== port)) return false;
  return name === '*' || host === name || host.endsWith(`.${name}`);
}

const isBareIpv6 = (entry: string): boolean => !entry.startsWith('[') && entry.split(':').length > 2;
