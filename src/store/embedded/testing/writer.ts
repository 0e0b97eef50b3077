import { EmbeddedStore } from '../embedded-store.ts';

/** Opens the embedded database of a folder and writes rows until it is killed, printing the number of each one that the database acknowledged. */
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const store = await EmbeddedStore.open(process.argv[2] ?? '', silent);
process.stdout.write('open\n');
for (let number = 1; ; number++) {
  await store.db
    .insertInto('spend')
    .values({ scope: `row:${number}`, duration: null, period_end: null, spent: number })
    .execute();
  process.stdout.write(`${number}\n`);
}
