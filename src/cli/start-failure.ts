import { messageOf } from '../engine/model-error.ts';

/** Why listening failed, in words that say what to do. */
export function describeStartFailure(error: unknown, { host, port }: { host: string; port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is taken by another program; stop it, or choose another port: npm start -- --port ${port + 1}`;
    case 'EACCES':
      return `this user may not listen on port ${port}; choose one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all`;
    default:
      return messageOf(error);
  }
}
