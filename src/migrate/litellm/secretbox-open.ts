import { timingSafeEqual } from 'node:crypto';

const keyBytes = 32;
const nonceBytes = 24;
const tagBytes = 16;
const blockBytes = 64;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const prime = (1n << 130n) - 5n;

/**
 * Opens what NaCl's `crypto_secretbox` closed: XSalsa20 and Poly1305 (https://nacl.cr.yp.to/secretbox.html), which Node's crypto does not have.
 * `box` is tag and ciphertext; null: it was closed under another key or nonce, or changed. For the few short texts of an import; slow.
 */
export function secretboxOpen(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Buffer | null {
  if (key.length !== keyBytes || nonce.length !== nonceBytes || box.length < tagBytes) return null;
  const ciphertext = box.subarray(tagBytes);
  const stream = xsalsa20(key, nonce, keyBytes + ciphertext.length);
  const tag = poly1305(stream.subarray(0, keyBytes), ciphertext);
  if (!timingSafeEqual(tag, box.subarray(0, tagBytes))) return null;
  return Buffer.from(ciphertext.map((byte, at) => byte ^ (stream[keyBytes + at] ?? 0)));
}

/** Salsa20 under a key made of the first 16 bytes of the nonce (Bernstein, "Extending the Salsa20 nonce"). */
function xsalsa20(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const mixed = words(salsa20(key, nonce.subarray(0, 16), { addsInput: false }));
  const subkey = bytes([0, 5, 10, 15, 6, 7, 8, 9].map((at) => mixed[at] ?? 0));
  const stream = new Uint8Array(Math.ceil(length / blockBytes) * blockBytes);
  const input = new Uint8Array(16);
  input.set(nonce.subarray(16));
  for (let block = 0; block * blockBytes < length; block++) {
    new DataView(input.buffer).setUint32(8, block, true);
    stream.set(salsa20(subkey, input, { addsInput: true }), block * blockBytes);
  }
  return stream.subarray(0, length);
}

/** "expand 32-byte k" */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
/** The columns of the state, then its rows: which words a quarter round changes, in order. */
const quarters = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

/** One block (Bernstein, "Salsa20 specification"); without `addsInput` the permutation alone, as HSalsa20 needs it. */
function salsa20(key: Uint8Array, input: Uint8Array, { addsInput }: { addsInput: boolean }): Uint8Array {
  const [k, n] = [words(key), words(input)];
  const start = new Uint32Array(16);
  start[0] = constants[0];
  start.set(k.subarray(0, 4), 1);
  start[5] = constants[1];
  start.set(n, 6);
  start[10] = constants[2];
  start.set(k.subarray(4), 11);
  start[15] = constants[3];
  const state = start.slice();
  const step = (to: number, one: number, other: number, by: number) => {
    const sum = ((state[one] ?? 0) + (state[other] ?? 0)) | 0;
    state[to] = (state[to] ?? 0) ^ ((sum << by) | (sum >>> (32 - by)));
  };
  for (let round = 0; round < 20; round += 2) {
    for (const [a, b, c, d] of quarters) {
      step(b, a, d, 7);
      step(c, b, a, 9);
      step(d, c, b, 13);
      step(a, d, c, 18);
    }
  }
  return bytes(addsInput ? [...state].map((word, at) => (word + (start[at] ?? 0)) | 0) : [...state]);
}

/** RFC 8439, section 2.5. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = number(key.subarray(0, 16)) & clamp;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    sum = ((sum + number(part) + (1n << BigInt(8 * part.length))) * r) % prime;
  }
  const total = sum + number(key.subarray(16, 32));
  return Uint8Array.from({ length: tagBytes }, (_, at) => Number((total >> BigInt(8 * at)) & 0xffn));
}

function number(littleEndian: Uint8Array): bigint {
  return littleEndian.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function words(from: Uint8Array): Uint32Array {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  return Uint32Array.from({ length: from.length / 4 }, (_, at) => view.getUint32(at * 4, true));
}

function bytes(from: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(from.length * 4));
  for (const [at, word] of from.entries()) view.setUint32(at * 4, word >>> 0, true);
  return new Uint8Array(view.buffer);
}
