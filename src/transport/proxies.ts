/** Proxies as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them; an empty text: none. */
export interface Proxies {
  http: string;
  https: string;
  /** Hosts that are reached without one, separated by commas. */
  no: string;
}

/** Every host is reached directly. */
export const noProxies: Proxies = { http: '', https: '', no: '' };

/** A proxy's address as curl reads it: `http://` where no scheme is named; empty: none. Undefined: it is no address. */
export function proxyAddress(setting: string): string | undefined {
  const address = setting === '' || setting.includes('://') ? setting : `http://${setting}`;
  return address === '' || URL.canParse(address) ? address : undefined;
}
