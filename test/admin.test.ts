import { afterAll, beforeAll } from 'vitest';
import { AdminApp } from './admin/app.ts';
import { contract } from './admin/contract.ts';
import { documented } from './admin/documented.ts';
import { holders } from './admin/holders.ts';
import { keys } from './admin/keys.ts';
import { roleWalk } from './admin/roles.ts';

let app: AdminApp;
beforeAll(async () => {
  app = await AdminApp.start();
});
afterAll(() => app.close());

contract(() => app);
roleWalk(() => app);
keys(() => app);
holders(() => app);
documented(() => app);
