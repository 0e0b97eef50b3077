import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTfvars } from './tfvars.ts';

test('texts, numbers, lists and maps of a file are read, and its comments are not', () => {
  const text = `# first
environment = "dev" // why
count = -2.5e3 /* over
two lines */
isOn=true
none = null
zones = ["us-east-1a",
  "us-east-1b", # last
]
tags = { Owner = "me", "cost centre": "a\\"b" }
nested = {
  list = [1, [2]]
  escaped = "$\${not a template}"
}
`;
  expect(parseTfvars(text, 'x')).toEqual({
    environment: 'dev',
    count: -2500,
    isOn: true,
    none: null,
    zones: ['us-east-1a', 'us-east-1b'],
    tags: { Owner: 'me', 'cost centre': 'a"b' },
    nested: { list: [1, [2]], escaped: '${not a template}' },
  });
});

test.each([
  ['a = 1\nb = var.c\n', 'line 2'],
  ['a = 1 + 2', 'line 1: the line was expected to end'],
  ['a = "${b}"', 'templates are not read'],
  ['a = <<EOT\nx\nEOT', 'there is <<'],
  ['a = 1\na = 2', 'line 2: it stands there twice'],
  ['a = [1, 2', 'there is the end of the file'],
  ['a = {', 'there is the end of the file'],
  ['= 1', 'a name was expected'],
  ['a "b"', '"=" was expected'],
  ['a = upper("x")', 'a plain text'],
  ['a = "x', 'there is "'],
])('%j is refused with its line and the reason', (text, reason) => {
  expect(() => parseTfvars(text, 'dev.tfvars')).toThrow(reason);
  expect(() => parseTfvars(text, 'dev.tfvars')).toThrow('dev.tfvars, line ');
});

test('whatever is written as JSON after a name is read as JSON reads it', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.boolean(),
      fc.integer(),
      fc.stringMatching(/^[\w /.,:=#"\\-]*$/),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z][a-z ]*$/), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, (written) => {
      expect(parseTfvars(`x = ${JSON.stringify(written)}`, 'x')).toEqual({ x: written });
    }),
  );
});

test('no text makes the reader hang or fail in another way', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '=', '"', '[', ']', '{', '}', ',', '\n', '1', '#', '/', '*', '\\', ' ') }),
      (text) => {
        try {
          parseTfvars(text, 'x');
        } catch (error) {
          expect((error as Error).message).toMatch(/^x, line \d+: /);
        }
      },
    ),
  );
});
