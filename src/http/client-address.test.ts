import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressReader, clientAddress } from './client-address.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:50123', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (given, expected) => {
  expect(clientAddress(given, '10.0.0.1')).toBe(expected);
});

test.each(['', 'unknown', '_hidden', '1.2.3.4.5', '999.1.1.1', 'x'.repeat(60_000)])(
  'what is no address (%#) is the proxy’s own',
  (given) => {
    expect(clientAddress(given, '10.0.0.1')).toBe('10.0.0.1');
  },
);

test('whoever comes by a socket without addresses has none', () => {
  expect(clientAddress(undefined, undefined)).toBeNull();
});

test('law: no port, and none of the 2^64 addresses of a network, gives another counter', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const four = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(four, four, four, fc.integer({ min: 0, max: 65_535 }), (network, one, other, port) => {
      const first = clientAddress([...network, ...one].join(':'), undefined);
      expect(clientAddress(`[${[...network, ...other].join(':')}]:${port}`, undefined)).toBe(first);
      expect(first).not.toBeNull();
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 65_535 }), (ip, port) => {
      expect(clientAddress(`${ip}:${port}`, undefined)).toBe(clientAddress(ip, undefined));
    }),
  );
});

describe('a header of the operator’s choice', () => {
  const request = (header: string | string[] | undefined, peer: string, ip = peer) => ({
    headers: { 'x-client-ip': header },
    ip,
    socket: { remoteAddress: peer },
  });

  test('is believed from everybody where no proxies are named', () => {
    const read = addressReader({ clientAddressHeader: 'X-Client-Ip', trustedProxies: [] });
    expect(read(request('203.0.113.7', '10.0.0.1'))).toBe('203.0.113.7');
    expect(read(request('2001:db8:1:2::9', '10.0.0.1'))).toBe('2001:db8:1:2::/64');
  });

  test('is believed from trusted proxies only where they are named', () => {
    const read = addressReader({ clientAddressHeader: 'x-client-ip', trustedProxies: ['10.0.0.0/8', '2001:db8::1'] });
    expect(read(request('203.0.113.7', '10.1.2.3'))).toBe('203.0.113.7');
    expect(read(request('203.0.113.7', '::ffff:10.1.2.3'))).toBe('203.0.113.7');
    expect(read(request('203.0.113.7', '2001:db8::1'))).toBe('203.0.113.7');
    expect(read(request('203.0.113.7', '11.0.0.1'))).toBe('11.0.0.1');
    expect(read(request('203.0.113.7', '2001:db8::2'))).toBe('2001:db8:0:0::/64');
  });

  test.each(['', 'unknown', '203.0.113.7, 198.51.100.1', ['203.0.113.7', '198.51.100.1'], '203.0.113', 'x'.repeat(10_000)])(
    'that holds no address (%#) leaves the peer’s',
    (header) => {
      const read = addressReader({ clientAddressHeader: 'x-client-ip', trustedProxies: [] });
      expect(read(request(header, '10.0.0.1'))).toBe('10.0.0.1');
    },
  );

  test('that is absent leaves what else is known', () => {
    const read = addressReader({ clientAddressHeader: 'x-client-ip', trustedProxies: ['10.0.0.1'] });
    expect(read(request(undefined, '10.0.0.1', '198.51.100.1'))).toBe('198.51.100.1');
    expect(addressReader({ trustedProxies: [] })(request('203.0.113.7', '10.0.0.1'))).toBe('10.0.0.1');
  });
});
