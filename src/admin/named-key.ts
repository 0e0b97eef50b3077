import { hashKey } from '../keys/key-hash.ts';

/** The hash of a key that a request names: by itself, or by its hash. */
export function hashOf(keyOrHash: string): string {
  return /^[0-9a-f]{64}$/i.test(keyOrHash) ? keyOrHash.toLowerCase() : hashKey(keyOrHash);
}
