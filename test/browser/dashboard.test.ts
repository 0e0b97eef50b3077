import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from './built-page.ts';
import { launchChromium } from './chromium.ts';
import { DashboardPage } from './fake-admin-page.ts';
import { FakeAdmin } from './fake-admin.ts';

let pageFolder: string;
let browser: Browser;
let gateway: FakeAdmin;
let ui: DashboardPage;

beforeAll(async () => {
  [pageFolder, browser] = await Promise.all([buildPage(), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  gateway = await FakeAdmin.start(pageFolder);
});

afterEach(async () => {
  await ui?.page.context().close();
  await gateway.stop();
  expect(ui.problems).toEqual([]);
});

async function open(key?: string, options?: BrowserContextOptions): Promise<void> {
  ui = await DashboardPage.open(browser, gateway, options);
  if (key === undefined) return;
  await ui.signIn(key);
  await ui.heading('Overview');
}

const callsOf = (what: string) => gateway.calls.filter((call) => call.what === what);
const lastBody = (what: string) => callsOf(what).at(-1)?.body;
const envelope = (code: string, message: string) => ({ error: { message, type: 'api_error', param: null, code } });

describe('signing in', () => {
  it('tells what is wrong with a key, and lets another be tried', async () => {
    await open();
    await ui.signIn('sk-wrong');
    await ui.page
      .getByRole('alert')
      .filter({ hasText: 'This key was not accepted' })
      .filter({ hasText: 'not known here' })
      .waitFor();
    await ui.signIn('sk-master');
    await ui.heading('Overview');
    await ui.says('Administrator');
  });

  it('keeps the key in the storage of the tab only, over a reload, until one signs out', async () => {
    await open('sk-master');
    expect(await ui.evaluate('JSON.stringify({ ...localStorage }) + document.cookie + location.href')).not.toContain('sk-master');
    expect(await ui.evaluate('JSON.stringify({ ...sessionStorage })')).toContain('sk-master');
    await ui.page.reload();
    await ui.heading('Overview');
    await ui.button('Sign out').click();
    await ui.page.getByLabel('Key', { exact: true }).waitFor();
    expect(await ui.evaluate('JSON.stringify({ ...sessionStorage })')).not.toContain('sk-master');
    expect(await ui.page.getByRole('alert').count()).toBe(0);
  });

  it('never keeps a key that was refused', async () => {
    await open();
    await ui.signIn('sk-wrong');
    await ui.page.getByRole('alert').waitFor();
    expect(await ui.evaluate('sessionStorage.length')).toBe(0);
  });

  it('is not asked for by a gateway that wants no keys: the page says that there is nothing to manage', async () => {
    gateway.isOpen = true;
    await open();
    await ui.heading('This gateway asks for no keys');
    await ui.says('SLUICE_MASTER_KEY');
    expect(await ui.button('Sign out').count()).toBe(0);
    expect(gateway.calls.map(({ what }) => what)).toEqual(['GET /sluice/me']);
  });

  it('ends when the key is no longer taken, and says so', async () => {
    await open('sk-master');
    gateway.callers.delete('sk-master');
    await ui.evaluate("location.hash = '#/keys'");
    await ui.page.getByRole('alert').filter({ hasText: 'This key was not accepted' }).waitFor();
    expect(await ui.evaluate('sessionStorage.length')).toBe(0);
  });

  it('stays when only one thing is refused to the key', async () => {
    gateway.refusals.set('/audit', { status: 401, body: envelope('unauthorized', 'only administrators may read this') });
    await open('sk-master');
    await ui.goTo('Audit log');
    await ui.page.getByRole('alert').filter({ hasText: 'only administrators may read this' }).waitFor();
    await ui.goTo('Keys');
  });
});

describe('the keys', () => {
  it('are paged, searched and ordered by the server', async () => {
    await open('sk-master');
    await ui.goTo('Keys');
    await ui.says('249 keys · page 1 of 5');
    expect(await ui.page.getByRole('row').count()).toBe(51);
    await ui.button('Next').click();
    await ui.says('page 2 of 5');
    await ui.page.getByLabel('Search keys').fill('app-001');
    await ui.says('10 keys');
    expect(callsOf('GET /key/list').at(-1)?.query).toMatchObject({ page: '1', search: 'app-001', return_full_object: 'true' });
    await ui.page.getByRole('button', { name: 'Spent' }).click();
    await ui.page.locator('th[aria-sort=descending]', { hasText: 'Spent' }).waitFor();
    await ui.page.getByRole('button', { name: 'Spent' }).click();
    await ui.page.locator('th[aria-sort=ascending]', { hasText: 'Spent' }).waitFor();
    const lastQuery = () => callsOf('GET /key/list').at(-1)?.query;
    await expect.poll(lastQuery).toMatchObject({ sort_by: 'spend', sort_order: 'asc', search: 'app-001' });
    await ui.page.reload();
    await ui.says('10 keys');
    expect(await ui.page.getByLabel('Search keys').inputValue()).toBe('app-001');
  });

  it('are made with all their limits; the key is shown once, to copy', async () => {
    await open('sk-master');
    await ui.goTo('Keys');
    await ui.button('New key').click();
    const form = ui.dialog;
    await form.getByLabel('Alias').fill('new-one');
    await form.getByLabel('Expires after').fill('30d');
    await form.getByLabel('Team').selectOption('search');
    await form.getByLabel('User').fill('u-maria');
    await form.getByLabel('Only these').check();
    await form.getByLabel('mistral-small').check();
    await form.getByLabel('Other names and patterns').fill('openai/*');
    await form.getByLabel('Budget, USD', { exact: true }).fill('12.5');
    await form.getByLabel('Soft budget, USD').fill('10');
    await form.getByLabel('The budget starts anew').selectOption('1mo');
    await form.getByLabel('Requests per minute').fill('60');
    await form.getByLabel('Tokens per minute').fill('0');
    await form.getByLabel('Requests at a time').fill('4');
    await form.getByLabel('Metadata, JSON').fill('{"project": "search"}');
    await ui.button('Create key').click();
    expect(await ui.secret.inputValue()).toBe('sk-fresh-1');
    await ui.button('Copy key').click();
    await ui.says('Copied');
    expect(await ui.evaluate('navigator.clipboard.readText()')).toBe('sk-fresh-1');
    expect(lastBody('POST /key/generate')).toEqual({
      key_alias: 'new-one',
      duration: '30d',
      team_id: 'search',
      user_id: 'u-maria',
      models: ['mistral-small', 'openai/*'],
      max_budget: 12.5,
      soft_budget: 10,
      budget_duration: '1mo',
      rpm_limit: 60,
      tpm_limit: 0,
      max_parallel_requests: 4,
      metadata: { project: 'search' },
    });
    await ui.button('I have it').click();
    await ui.page.getByRole('link', { name: 'new-one', exact: true }).waitFor();
    expect(await ui.page.content()).not.toContain('sk-fresh-1');
  });

  it('that cannot be made say why, and what was filled in stays', async () => {
    await open('sk-master');
    await ui.goTo('Keys');
    await ui.button('New key').click();
    await ui.dialog.getByLabel('Alias').fill('search-backend');
    await ui.dialog.getByLabel('Metadata, JSON').fill('not json');
    await ui.button('Create key').click();
    await ui.page.getByRole('alert').filter({ hasText: 'Metadata has to be a JSON object' }).waitFor();
    expect(callsOf('POST /key/generate')).toEqual([]);
    await ui.dialog.getByLabel('Metadata, JSON').fill('');
    await ui.button('Create key').click();
    await ui.page.getByRole('alert').filter({ hasText: 'aliases are used once' }).waitFor();
    expect(await ui.dialog.getByLabel('Alias').inputValue()).toBe('search-backend');
    await ui.page.keyboard.press('Escape');
    await ui.dialog.waitFor({ state: 'detached' });
    await ui.page.locator('button:focus', { hasText: 'New key' }).waitFor();
  });
});

describe('one key', () => {
  beforeEach(async () => {
    await open('sk-master');
    await ui.goTo('Keys');
    await ui.page.getByLabel('Search keys').fill('support-chat');
    await ui.page.getByRole('link', { name: 'support-chat', exact: true }).click();
    await ui.heading('support-chat');
  });

  it('shows its limits with their use, and what it spent', async () => {
    await ui.page.getByRole('meter', { name: 'Requests per minute, key' }).waitFor();
    expect(await ui.page.getByRole('meter', { name: 'Requests per minute, key' }).getAttribute('aria-valuetext')).toBe(
      '214 of 600',
    );
    expect(await ui.page.getByRole('meter', { name: 'Budget, team' }).getAttribute('aria-valuetext')).toBe('$468.10 of $500.00');
    await ui.page.getByRole('img', { name: /^Spend of this key by model: \$[\d.]+ in 30 days$/ }).waitFor();
    const { query } = callsOf('GET /spend/report').at(-1)!;
    expect(query).toMatchObject({ group_by: 'day,model', api_key: gateway.data.keys[1]!['token'] });
  });

  it('is edited: only what was changed is sent, and null takes a limit away', async () => {
    await ui.button('Edit').click();
    await ui.dialog.getByLabel('Requests per minute').fill('');
    await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('75');
    await ui.button('Save').click();
    await ui.says('The key was saved.');
    const hash = gateway.data.keys[1]!['token'];
    expect(lastBody('POST /key/update')).toEqual({ key: hash, max_budget: 75, rpm_limit: null });
    await ui.says('of $75.00');
  });

  it('is blocked and taken again', async () => {
    await ui.button('Block').click();
    await ui.page.locator('.page-head').getByText('blocked').waitFor();
    await ui.button('Unblock').click();
    await ui.page.locator('.page-head').getByText('active').waitFor();
    expect(gateway.data.keys[1]!['blocked']).toBe(false);
  });

  it('is rotated with a grace period, and the page follows to the new hash', async () => {
    const before = String(gateway.data.keys[1]!['token']);
    await ui.button('Rotate').click();
    await ui.dialog.getByLabel('The old key is still taken for').fill('24h');
    await ui.button('Rotate key').click();
    expect(await ui.secret.inputValue()).toBe('sk-rotated-1');
    expect(lastBody(`POST /key/${before}/regenerate`)).toMatchObject({ grace_period: '24h' });
    await ui.button('I have it').click();
    await ui.page.waitForURL(`**/#/keys/${String(gateway.data.keys[1]!['token'])}`);
    await ui.heading('support-chat');
  });

  it('is deleted only after a confirmation', async () => {
    await ui.button('Delete').click();
    await ui.button('Cancel').click();
    expect(callsOf('POST /key/delete')).toEqual([]);
    await ui.button('Delete').click();
    await ui.button('Delete key').click();
    await ui.heading('The key was deleted');
    expect(gateway.data.keys.some(({ key_alias }) => key_alias === 'support-chat')).toBe(false);
  });
});

describe('those who do not manage everything', () => {
  const places = () => ui.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link').allTextContents();

  it('users see and manage their own keys', async () => {
    await open('sk-maria');
    expect(await places()).toEqual(['Overview', 'Keys', 'Spend', 'Models', 'Requests']);
    await ui.goTo('Keys');
    await ui.says('2 keys');
    await ui.button('New key').click();
    expect(await ui.dialog.getByLabel('Team').count()).toBe(0);
    await ui.dialog.getByLabel('Alias').fill('mine');
    await ui.button('Create key').click();
    await ui.button('I have it').waitFor();
    expect(lastBody('POST /key/generate')).toEqual({ key_alias: 'mine' });
    expect(callsOf('GET /team/list').length + callsOf('GET /user/list').length + callsOf('GET /health').length).toBe(0);
  });

  it.each([
    ['viewers of their own', 'sk-viewer', ['Keys', 'Spend', 'Models', 'Requests']],
    ['viewers of everything', 'sk-watcher', ['Keys', 'Teams', 'Users', 'Spend', 'Models', 'Requests', 'Audit log']],
  ])('%s get no buttons that change anything', async (_who, key, pages) => {
    await open(key);
    const changes = /^(New|Edit|Block|Unblock|Rotate|Delete|Add|Remove|Create)\b/;
    for (const name of pages) {
      await ui.goTo(name);
      await ui.page.locator('.loaded').first().waitFor();
      expect(await ui.page.getByRole('button', { name: changes }).count()).toBe(0);
    }
    await ui.goTo('Keys');
    await ui.page.getByRole('link', { name: 'search-backend', exact: true }).or(ui.page.locator('tbody a')).first().click();
    await ui.page.getByText('Limits and their use now').waitFor();
    expect(await ui.page.getByRole('button', { name: changes }).count()).toBe(0);
  });

  it('a key without a user sees itself', async () => {
    gateway.callers.set('sk-alone', {
      role: 'viewer',
      user_id: null,
      team_id: null,
      key_name: 'sk-...x',
      key_alias: 'playground',
    });
    await open('sk-alone');
    await ui.goTo('Keys');
    await ui.page.getByRole('link', { name: 'playground', exact: true }).waitFor();
    expect(callsOf('GET /key/list')).toEqual([]);
  });
});

describe('what fails', () => {
  it('is told in the words of the gateway, with its code and the request, and can be tried again', async () => {
    gateway.refusals.set('/key/list', { status: 503, body: envelope('service_unavailable', 'the database is away') });
    await open('sk-master');
    await ui.goTo('Keys');
    const alert = ui.page.getByRole('alert').filter({ hasText: 'the database is away' });
    await alert.filter({ hasText: 'service_unavailable · request request-7' }).waitFor();
    gateway.refusals.clear();
    await alert.getByRole('button', { name: 'Try again' }).click();
    await ui.says('249 keys');
    expect(await alert.count()).toBe(0);
  });

  it('says how long to wait where the gateway does', async () => {
    gateway.refusals.set('/key/list', {
      status: 429,
      body: envelope('rate_limit_exceeded', 'too many requests'),
      headers: { 'retry-after': '42' },
    });
    await open('sk-master');
    await ui.goTo('Keys');
    await ui.page.getByRole('timer').filter({ hasText: '42 s' }).waitFor();
  });
});
