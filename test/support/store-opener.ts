import { openStore } from '../../src/store/open-store.ts';

/** Opens the store of a server as a gateway does when it starts, says what became of it, and closes it. */
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const store = await openStore({ url: process.argv[2] ?? '', directory: '', poolSize: 2, connectTimeoutMs: 10_000, log: silent });
process.stdout.write(`${store.state}\n`);
await store.close();
