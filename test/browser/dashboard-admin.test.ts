import type { Browser } from 'playwright-core';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { hashKey } from '../../src/keys/key-hash.ts';
import type { Store } from '../../src/store/store.ts';
import { launchChromium } from './chromium.ts';
import { DashboardPage } from './fake-admin-page.ts';
import { KeyedGateway } from './keyed-gateway.ts';

/** The dashboard and the gateway that serves it, as they are; only the engine behind it is a fake. */
let gateway: KeyedGateway;
let browser: Browser;
let ui: DashboardPage;

const manyKeys = 10_000;

/** As many keys as a large company has, older than every other. */
async function insertManyKeys({ db }: Store): Promise<void> {
  await sql`insert into keys (hash, name, alias, created_at)
    select encode(sha256(n::text::bytea), 'hex'), 'sk-...' || right('000' || n, 4), 'service-' || right('0000' || n, 5),
      now() - interval '1 year' + n * interval '1 minute'
    from generate_series(1, ${manyKeys}) as n`.execute(db);
}

beforeAll(async () => {
  const price = { inputUsdPerMillionTokens: 100_000, outputUsdPerMillionTokens: 1_000_000 };
  const models = (baseUrl: string) =>
    ['small', 'large'].map((name) => ({ name, price, maxOutputTokens: 4, backends: [{ provider: 'vllm', baseUrl }] }));
  [gateway, browser] = await Promise.all([
    KeyedGateway.start(({ baseUrl }) => ({ models: models(baseUrl), spend: { flushIntervalMs: 50 } }), insertManyKeys),
    launchChromium(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

beforeEach(async () => {
  ui = await DashboardPage.open(browser, { url: `${gateway.url}/ui`, timeMs: null });
});

afterEach(async () => {
  await ui.page.context().close();
  expect(ui.problems).toEqual([]);
});

async function signIn(key: string): Promise<void> {
  await ui.signIn(key);
  await ui.heading('Overview');
}

/** What the gateway says of a key; undefined where it has none such. */
async function infoOf(key: string): Promise<Record<string, unknown> | undefined> {
  const { status, body } = await gateway.send(`/key/info?key=${hashKey(key)}`, gateway.masterKey);
  return status === 200 ? (body['info'] as Record<string, unknown>) : undefined;
}

/** Makes a key in the page; returns it. */
async function makeKey(alias: string, fill: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  await ui.goTo('Keys');
  await ui.button('New key').click();
  await ui.dialog.getByLabel('Alias').fill(alias);
  await fill();
  await ui.button('Create key').click();
  const secret = await ui.secret.inputValue();
  await ui.button('I have it').click();
  return secret;
}

const tile = (name: string) => ui.page.locator('.tile', { hasText: name });

it('a key is made with limits, changed, blocked, rotated and deleted', async () => {
  await signIn(gateway.masterKey);
  await ui.says('Master key');
  const secret = await makeKey('first', async () => {
    await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('12.5');
    await ui.dialog.getByLabel('Soft budget, USD').fill('10');
    await ui.dialog.getByLabel('The budget starts anew').selectOption('1mo');
    await ui.dialog.getByLabel('Requests per minute').fill('60');
    await ui.dialog.getByLabel('Requests at a time').fill('0');
    await ui.dialog.getByLabel('Expires after').fill('30d');
    await ui.dialog.getByLabel('Only these').check();
    await ui.dialog.getByLabel('Other names and patterns').fill('openai/*');
    await ui.dialog.getByLabel('Metadata, JSON').fill('{"project": "search"}');
  });
  expect(await infoOf(secret)).toMatchObject({
    key_alias: 'first',
    max_budget: 12.5,
    soft_budget: 10,
    budget_duration: '1mo',
    rpm_limit: 60,
    max_parallel_requests: 0,
    models: ['openai/*'],
    metadata: { project: 'search' },
  });
  await ui.page.getByRole('link', { name: 'first', exact: true }).click();
  await ui.heading('first');
  await ui.button('Edit').click();
  await ui.dialog.getByLabel('Requests per minute').fill('');
  await ui.dialog.getByLabel('Expires in').fill('never');
  await ui.dialog.getByLabel('Every model').check();
  await ui.button('Save').click();
  await ui.says('The key was saved.');
  expect(await infoOf(secret)).toMatchObject({ rpm_limit: null, expires: null, models: [], max_budget: 12.5 });
  await ui.button('Block').click();
  await ui.button('Unblock').waitFor();
  expect(await infoOf(secret)).toMatchObject({ blocked: true });
  expect(await gateway.chat(secret, 'small')).toMatchObject({ status: 401 });
  await ui.button('Unblock').click();
  await ui.button('Block').waitFor();
  await ui.button('Rotate').click();
  await ui.dialog.getByLabel('The old key is still taken for').fill('1h');
  await ui.button('Rotate key').click();
  const rotated = await ui.secret.inputValue();
  await ui.button('I have it').click();
  await ui.page.waitForURL(`**/#/keys/${hashKey(rotated)}`);
  await ui.heading('first');
  // Both are taken, and both are one key: it lets no request through at a time.
  for (const key of [secret, rotated]) expect(await gateway.chat(key, 'small')).toMatchObject({ status: 429 });
  await ui.button('Delete').click();
  await ui.button('Delete key').click();
  await ui.heading('The key was deleted');
  await ui.goTo('Audit log');
  for (const action of ['key.create', 'key.update', 'key.block', 'key.delete']) {
    await ui.page.getByRole('cell', { name: action, exact: true }).first().waitFor();
  }
});

it('what is refused is told with the words of the API', async () => {
  await signIn(gateway.masterKey);
  await makeKey('twice');
  await ui.button('New key').click();
  await ui.dialog.getByLabel('Alias').fill('twice');
  await ui.button('Create key').click();
  await ui.page.getByRole('alert').filter({ hasText: 'alias already exists' }).waitFor();
});

it('teams and users are made, and users become members', async () => {
  await signIn(gateway.masterKey);
  await ui.goTo('Users');
  await ui.button('New user').click();
  await ui.dialog.getByLabel('Id').fill('u-anna');
  await ui.dialog.getByLabel('E-mail').fill('anna@example.com');
  await ui.button('Create user').click();
  await ui.button('I have it').click();
  await ui.says('anna@example.com');
  await ui.goTo('Teams');
  await ui.button('New team').click();
  await ui.dialog.getByLabel('Name').fill('search');
  await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('100');
  await ui.button('Create team').click();
  await ui.heading('search');
  await ui.button('Add member').click();
  await ui.dialog.getByLabel('User').fill('u-anna');
  await ui.dialog.getByRole('button', { name: 'Add member' }).click();
  await ui.button('Remove u-anna').waitFor();
  await ui.button('Block').click();
  await ui.button('Unblock').waitFor();
  await ui.button('Remove u-anna').click();
  await ui.button('Remove member').click();
  await ui.says('u-anna was removed.');
  await ui.goTo('Teams');
  await ui.page.getByLabel('Search teams').fill('sea');
  await ui.says('1 team');
  await ui.page.getByRole('link', { name: 'search', exact: true }).waitFor();
});

it('a key that is used shows what it spent, how much of its limits is used, and its requests', async () => {
  await signIn(gateway.masterKey);
  const key = await makeKey('reader', async () => {
    await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('20');
    await ui.dialog.getByLabel('Requests per minute').fill('4');
    await ui.dialog.getByLabel('Only these').check();
    await ui.dialog.getByLabel('small', { exact: true }).check();
  });
  await gateway.send('/key/update', gateway.masterKey, { key: hashKey(key), max_parallel_requests: 2 });
  await ui.goTo('Requests');
  expect(await gateway.chat(key, 'large')).toMatchObject({ status: 403 });
  // 5 tokens for 0.1 USD each and 2 for 1 USD each.
  for (let request = 0; request < 2; request++) expect(await gateway.chat(key, 'small')).toMatchObject({ status: 200 });
  await ui.page.getByRole('row').filter({ hasText: 'reader' }).filter({ hasText: '$2.50' }).nth(1).waitFor();
  await ui.page.getByRole('link', { name: 'reader' }).first().click();
  await ui.heading('reader');
  const use = (name: string) => ui.page.getByRole('meter', { name: `${name}, key` });
  await use('Budget').waitFor();
  expect(await use('Budget').getAttribute('aria-valuetext')).toBe('$5.00 of $20.00');
  expect(await use('Requests per minute').getAttribute('aria-valuetext')).toBe('2 of 4');
  expect(await use('Requests at a time').getAttribute('aria-valuetext')).toBe('0 of 2');
  await ui.page.getByRole('img', { name: 'Spend of this key by model: $5.00 in 30 days' }).waitFor();
  await ui.goTo('Models');
  await ui.page.getByRole('row').filter({ hasText: 'large' }).waitFor();
  await ui.goTo('Overview');
  await ui.page.getByRole('link', { name: 'reader', exact: true }).waitFor();
});

it('a user sees its own keys, spend and requests, and no others', async () => {
  await signIn(gateway.masterKey);
  await ui.goTo('Users');
  await ui.button('New user').click();
  await ui.dialog.getByLabel('Id').fill('u-otto');
  await ui.button('Create user').click();
  const key = await ui.secret.inputValue();
  await ui.button('I have it').click();
  const strangers = await makeKey('strangers');
  for (const caller of [key, strangers]) await gateway.chat(caller, 'small');
  gateway.upstream.next((exchange) => exchange.json({ error: { message: 'no' } }, 400));
  expect(await gateway.chat(key, 'small')).toMatchObject({ status: 400 });
  await ui.goTo('Overview');
  await ui.button('Sign out').click();
  await signIn(key);
  await ui.says('User');
  await tile('Spent today').getByText('$2.50', { exact: true }).waitFor();
  await tile('Failed today').getByText('50%', { exact: true }).waitFor();
  expect(await ui.page.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
  await ui.goTo('Keys');
  await ui.says('1 key');
  const own = await makeKey('ottos');
  expect(await infoOf(own)).toMatchObject({ user_id: 'u-otto' });
  await gateway.chat(own, 'small');
  await ui.goTo('Requests');
  await ui.page.getByRole('link', { name: 'ottos' }).first().waitFor();
  expect(await ui.page.getByText('strangers').count()).toBe(0);
  await ui.goTo('Models');
  await ui.page.getByRole('row').filter({ hasText: 'small' }).waitFor();
  await ui.goTo('Spend');
  await ui.page.getByRole('img', { name: 'Spend by model: $5.00 in 30 days' }).waitFor();
  const [download] = await Promise.all([ui.page.waitForEvent('download'), ui.button('Download CSV').click()]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
});

it('ten thousand keys are paged, searched and ordered in less than two seconds a step', async () => {
  await signIn(gateway.masterKey);
  await ui.goTo('Keys');
  const quickly = async (act: () => Promise<unknown>, shown: string | RegExp) => {
    const beganMs = performance.now();
    await act();
    await ui.says(shown);
    expect(performance.now() - beganMs).toBeLessThan(2_000);
  };
  await ui.says(/10,\d{3} keys/);
  await quickly(() => ui.button('Next').click(), 'page 2 of');
  await quickly(() => ui.page.getByLabel('Search keys').fill('service-0421'), '10 keys');
  expect(await ui.page.getByRole('row').count()).toBe(11);
  await quickly(() => ui.page.getByLabel('Search keys').fill(''), /10,\d{3} keys/);
  await quickly(() => ui.page.getByRole('button', { name: 'Key', exact: true }).click(), 'service-10000');
});
