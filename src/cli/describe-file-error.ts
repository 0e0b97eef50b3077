const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, and run it again; it goes on',
  EDQUOT: 'no more may be stored there: make room, and run it again; it goes on',
  EACCES: 'it may not be read or written by this user; XDG_CACHE_HOME names another folder for what is kept between runs',
  EPERM: 'it may not be read or written by this user; XDG_CACHE_HOME names another folder for what is kept between runs',
  EROFS: 'nothing can be written there; XDG_CACHE_HOME names another folder for what is kept between runs',
  ENOTDIR: 'a file stands where a folder is needed; XDG_CACHE_HOME names another folder for what is kept between runs',
};

/** What the file system refused, in words, with what to do about it; undefined: it is another kind of error. */
export function describeFileError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const known = advice[String(error.code)];
  return known === undefined ? error.message : `${error.message}: ${known}`;
}
