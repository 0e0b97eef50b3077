import { expect, test } from 'vitest';
import { emailDetector } from './email.ts';
import { valuesOf } from './testing/laws.ts';

const found = (text: string) => valuesOf(emailDetector(), text);

test.each([
  ['write to ada.lovelace@example.com.', ['ada.lovelace@example.com']],
  ['<a@b.io>, mailto:x+y@mail.ex-ample.co.uk?subject=z', ['a@b.io', 'x+y@mail.ex-ample.co.uk']],
  ["'ada@example.com' and o'brien@example.ie", ['ada@example.com', "o'brien@example.ie"]],
  ['?to=ada@example.com&x=1', ['ada@example.com']],
  ['Jörg: jörg@müller.de', ['jörg@müller.de']],
  ['邮箱是ada@example.com。', ['ada@example.com']],
  ['ada@example.com-', ['ada@example.com']],
  ['x@xn--mller-kva.xn--p1ai', ['x@xn--mller-kva.xn--p1ai']],
])('%s', (text, values) => {
  expect(found(text)).toEqual(values);
});

test.each([
  'user@localhost',
  'npm i left-pad@1.3.0',
  'logo@2x.png',
  'a..b@example.com',
  'a.@example.com',
  '@mention.me',
  'a@-b.com',
  'a@b..com',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(64)}.com`,
])('%s is no address', (text) => {
  expect(found(text)).toEqual([]);
});
