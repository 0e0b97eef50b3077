import { expect, test } from 'vitest';
import { secretboxOpen } from './secretbox-open.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** The example of NaCl's documentation and tests (tests/secretbox.c, tests/secretbox.out). */
const key = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389');
const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
const text = hex(`
  be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4
  1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52
  f0a089bc76897040e082f937763848645e0705`);
const box = hex(`
  f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b
  4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da
  99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5`);

test('the test vector of NaCl opens', () => {
  expect(secretboxOpen(key, nonce, box)?.toString('hex')).toBe(text.toString('hex'));
});

test('a changed byte anywhere, another key, another nonce, or too short a box does not open', () => {
  for (const at of [0, 15, 16, 100, box.length - 1]) {
    const changed = Buffer.from(box);
    changed[at] = changed[at]! ^ 1;
    expect(secretboxOpen(key, nonce, changed)).toBeNull();
  }
  expect(secretboxOpen(Buffer.alloc(32), nonce, box)).toBeNull();
  expect(secretboxOpen(key, Buffer.alloc(24), box)).toBeNull();
  expect(secretboxOpen(key, nonce, box.subarray(0, 15))).toBeNull();
  expect(secretboxOpen(key, nonce.subarray(1), box)).toBeNull();
});
