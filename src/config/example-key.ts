/** Master keys that stand in guides, and so in everybody's lists. */
const examples: ReadonlySet<string> = new Set([
  'sk-1234',
  'sk-12345',
  'sk-123456',
  'sk-12345678',
  'sk-1234567890',
  'sk-master-key',
  'sk-litellm-master-key',
  'sk-my-master-key',
  'sk-your-master-key',
  'sk-change-me',
  'sk-changeme',
  'sk-sluice',
]);

/** What to say to a master key that others know, where others can reach the gateway; null: nothing. */
export function exampleKeyFault(masterKey: string | undefined, host: string): string | null {
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (masterKey === undefined || isLoopback || !examples.has(masterKey.toLowerCase())) return null;
  return (
    `the master key ${masterKey} is one that guides print, and listening on ${host} would let everyone in with it; ` +
    'make one (openssl rand -hex 24, begun with sk-), or listen on 127.0.0.1'
  );
}
