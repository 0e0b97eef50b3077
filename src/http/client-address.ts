import { isIP } from 'node:net';

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
