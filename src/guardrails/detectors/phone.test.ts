import { expect, test } from 'vitest';
import { phoneDetector } from './phone.ts';
import { valuesOf } from './testing/laws.ts';

const found = (text: string) => valuesOf(phoneDetector(), text);

test.each([
  '+1 415 555 2671',
  '+14155552671',
  '(415) 555-2671',
  '415-555-2671',
  '415.555.2671',
  '1-415-555-2671',
  '415\u2011555\u20112671',
  '+44 20 7946 0958',
  '020 7946 0958',
  '07911 123456',
  '+49 (0)30 1234567',
  '0049 30 1234567',
  '030 1234567',
  '0171/1234567',
  '01 42 68 53 00',
  '+33 1 42 68 53 00',
  '+91 98765 43210',
  '+55 11 91234-5678',
])('%s is found', (number) => {
  expect(found(`you get me under ${number}, or by mail`)).toEqual([number]);
});

test('digits without groups count behind words of calling, not behind others', () => {
  expect(found('call 4155552671')).toEqual(['4155552671']);
  expect(found('order 4155552671')).toEqual([]);
  expect(found('we shipped 4155552671')).toEqual([]);
  expect(found('call about order no. 4155552671')).toEqual([]);
});

test('numbers that nobody has count where they are meant to be called', () => {
  expect(found('my number is 555-123-4567')).toEqual(['555-123-4567']);
  expect(found('Please have the manager call me at 25 761546')).toEqual(['25 761546']);
  expect(found('reach us under 031-951-0392x4517')).toEqual(['031-951-0392']);
  expect(found(String.raw`{"text":"fax:\n415-555-2671"}`)).toEqual(['415-555-2671']);
});

test.each([
  ['a date', '2024-01-15 or 15.01.2024 or 01/15/2024'],
  ['a time stamp', '2024-01-15 10:30:00.123456789'],
  ['an IP address', '192.168.100.200'],
  ['a card number', '4111 1111 1111 1111'],
  ['a social security number', '123-45-6789'],
  ['an order number', 'Order #0301234567'],
  ['a version', '10.15.7012345'],
  ['an exchange that nobody has', '415-155-2671'],
  ['coordinates', '37.7749295, -122.4194155'],
  ['an amount', '1 234 567 890'],
])('%s is no phone number', (_, text) => {
  expect(found(text)).toEqual([]);
});

test('national numbers are read by the rules of the given regions only', () => {
  const spain = phoneDetector({ regions: ['ES'] });
  expect(valuesOf(spain, 'llama al 612 34 56 78')).toEqual(['612 34 56 78']);
  expect(valuesOf(spain, 'it is 415-555-2671')).toEqual([]);
  expect(valuesOf(spain, 'it is +1 415-555-2671')).toEqual(['+1 415-555-2671']);
});
