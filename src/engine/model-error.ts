/**
 * Why a model cannot be had. `unknown`: no such name or file; `source`: one source failed and the next may do; `storage`: the machine's disk
 * or the cache folder is at fault, so no other source would do better.
 */
export type ModelErrorKind = 'unknown' | 'source' | 'storage';

/** A model that cannot be had. The message is for the operator: what was wrong, with which value, what to do. */
export class ModelError extends Error {
  readonly kind: ModelErrorKind;

  constructor(kind: ModelErrorKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ModelError';
    this.kind = kind;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system's code of anything thrown (`ENOENT`, `UND_ERR_SOCKET`), looked for down the chain of causes; empty where there is none. */
export function codeOf(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
  }
  return '';
}

/** Failures of the disk as a storage error that says what to do; anything else comes back as it is. */
export function toStorageError(thrown: unknown, path: string): unknown {
  const code = codeOf(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ModelError(
      'storage',
      `the disk of ${path} is full; free some space and try again: what has arrived is kept and the download goes on from there`,
      { cause: thrown },
    );
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new ModelError(
      'storage',
      `cannot write ${path} (${code}); make the folder writable, or choose another one with SLUICE_DATA`,
      { cause: thrown },
    );
  }
  return thrown;
}
