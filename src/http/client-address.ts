import { BlockList, isIP } from 'node:net';

/** What is read of a request to know whose it is. */
interface Addressed {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The address as the framework has it: of `X-Forwarded-For` where trusted proxies say it. */
  ip: string;
  socket: { remoteAddress?: string | undefined };
}

/**
 * Reads clients' addresses as limits count them. With a header of the operator's choice it is believed from trusted proxies, or from everybody where none are
 * named; what is no address, or comes from somebody else, counts as the peer's.
 */
export function addressReader({
  clientAddressHeader,
  trustedProxies,
}: {
  clientAddressHeader?: string | undefined;
  trustedProxies: readonly string[];
}): (request: Addressed) => string | null {
  if (clientAddressHeader === undefined) return ({ ip, socket }) => clientAddress(ip, socket.remoteAddress);
  const header = clientAddressHeader.toLowerCase();
  const isTrusted = trustedProxies.length === 0 ? () => true : memberOf(trustedProxies);
  return ({ headers, ip, socket: { remoteAddress: peer } }) => {
    const given = headers[header];
    if (given === undefined) return clientAddress(ip, peer);
    return clientAddress(isTrusted(peer) ? String(given) : undefined, peer);
  };
}

/** Whether an address is one of these, or within one of these ranges. */
function memberOf(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => address !== undefined && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/**
 * A client's address as limits count it, or null where it is not known. Whoever has one address of IPv6 usually has all of its /64.
 * @param forwarded what trusted proxies say it is: some append the port, and what is no address at all counts as theirs who sent it
 * @param peer the other end of the connection
 */
export function clientAddress(forwarded: string | undefined, peer: string | undefined): string | null {
  const address = withoutPort(forwarded ?? '');
  const ip = isIP(address) === 0 ? (peer ?? '') : address;
  switch (isIP(ip)) {
    case 4:
      return ip;
    case 6:
      return mappedAddress(ip) ?? networkOf(ip);
    default:
      return null;
  }
}

function withoutPort(text: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(text) ?? [];
  return bracketed ?? plain ?? text;
}

function mappedAddress(ip: string): string | null {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? null;
}

/** One way to write it for all ways to write an address (RFC 5952). */
function networkOf(ip: string): string {
  const [head = '', tail] = ip.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  const short = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${short.join(':')}::/64`;
}
