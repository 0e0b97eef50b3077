import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from './built-page.ts';
import { launchChromium } from './chromium.ts';
import { makeAdminData, requestRow, type Row } from './fake-admin-data.ts';
import { DashboardPage } from './fake-admin-page.ts';
import { FakeAdmin } from './fake-admin.ts';
import { findLowContrast } from './low-contrast.ts';

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

async function open(key = 'sk-master', options?: BrowserContextOptions): Promise<void> {
  ui = await DashboardPage.open(browser, gateway, options);
  await ui.signIn(key);
  await ui.heading('Overview');
}

const callsOf = (what: string) => gateway.calls.filter((call) => call.what === what);
const tile = (name: string) => ui.page.locator('.tile', { has: ui.page.getByText(name, { exact: true }) });
const sumOf = (rows: readonly Row[], name: string) => rows.reduce((sum, row) => sum + Number(row[name]), 0);

it('the overview adds up what the reports say', async () => {
  await open();
  const today = gateway.data.spend.filter(({ day }) => day === '2026-11-21');
  await tile('Spent today')
    .getByText(`$${sumOf(today, 'cost_usd').toFixed(2)}`)
    .waitFor();
  await tile('Requests today').getByText(sumOf(today, 'requests').toLocaleString('en'), { exact: true }).waitFor();
  await ui.says('1 of 6 do not answer');
  await ui.says('http://10.0.3.12:8000/v1');
  await ui.page.getByRole('link', { name: 'search-backend', exact: true }).click();
  await ui.heading('search-backend');
});

describe('teams', () => {
  it('are made, and open with their page', async () => {
    await open();
    await ui.goTo('Teams');
    await ui.button('New team').click();
    await ui.dialog.getByLabel('Name').fill('mobile');
    await ui.dialog.getByLabel('Requests per minute').fill('120');
    await ui.button('Create team').click();
    await ui.heading('mobile');
    expect(callsOf('POST /team/new')[0]?.body).toEqual({ team_alias: 'mobile', rpm_limit: 120 });
    await ui.says('120 requests per minute');
  });

  it('take members in and let them go', async () => {
    await open();
    await ui.goTo('Teams');
    await ui.page.getByRole('link', { name: 'research', exact: true }).click();
    await ui.heading('research');
    await ui.button('Add member').click();
    await ui.dialog.getByLabel('User').fill('u-lena');
    await ui.dialog.getByLabel('Role').selectOption('admin');
    await ui.dialog.getByRole('button', { name: 'Add member' }).click();
    await ui.button('Remove u-lena').click();
    expect(callsOf('POST /team/member_add')[0]?.body).toEqual({
      team_id: 'research',
      member: { user_id: 'u-lena', role: 'admin' },
    });
    await ui.button('Remove member').click();
    await ui.page.getByText('u-lena was removed.').waitFor();
    expect(await ui.button('Remove u-lena').count()).toBe(0);
    expect(await ui.button('Remove u-samir').count()).toBe(1);
  });

  it('get other limits and are blocked', async () => {
    await open();
    await ui.goTo('Teams');
    await ui.page.getByLabel('Search teams').fill('supp');
    await ui.says('1 team');
    await ui.page.getByRole('link', { name: 'support', exact: true }).click();
    await ui.heading('support');
    await ui.button('Edit').click();
    await ui.dialog.getByLabel('Budget, USD', { exact: true }).fill('900');
    await ui.button('Save').click();
    await ui.says('$468.10 of $900.00');
    await ui.button('Block').click();
    await ui.page.locator('.page-head').getByText('blocked').waitFor();
    expect(callsOf('POST /team/update')[0]?.body).toEqual({ team_id: 'support', max_budget: 900 });
  });
});

it('users are listed and made, with a first key that is shown once', async () => {
  await open();
  await ui.goTo('Users');
  await ui.says('5 users');
  await ui.button('New user').click();
  await ui.dialog.getByLabel('Id').fill('u-new');
  await ui.dialog.getByLabel('Role').selectOption('Viewer of own');
  await ui.button('Create user').click();
  expect(await ui.secret.inputValue()).toBe('sk-new-1');
  expect(callsOf('POST /user/new')[0]?.body).toEqual({
    user_id: 'u-new',
    user_role: 'internal_user_viewer',
    auto_create_key: true,
  });
  await ui.button('I have it').click();
  await ui.says('6 users');
});

describe('spend', () => {
  it('is plotted by model or key over the chosen days, which the address remembers', async () => {
    await open();
    await ui.goTo('Spend');
    await ui.page.getByRole('img', { name: /^Spend by model: \$[\d,.]+ in 30 days$/ }).waitFor();
    await ui.button('7 days').click();
    await ui.button('By key').click();
    await ui.page.getByRole('img', { name: /^Spend by key: \$[\d,.]+ in 7 days$/ }).waitFor();
    await ui.page.getByLabel('First day').fill('2026-11-01');
    await ui.page.getByRole('img', { name: /in 21 days$/ }).waitFor();
    await ui.page.reload();
    await ui.page.getByRole('img', { name: /^Spend by key: \$[\d,.]+ in 21 days$/ }).waitFor();
    const rows = gateway.data.spend.filter(({ day }) => String(day) >= '2026-11-01');
    await ui.page
      .locator('.total')
      .getByText(`$${sumOf(rows, 'cost_usd').toFixed(2)}`)
      .waitFor();
  });

  it('shows the numbers of the day that is pointed at, and all of them as a table', async () => {
    await open();
    await ui.goTo('Spend');
    const canvas = ui.page.locator('.u-over');
    const box = (await canvas.boundingBox())!;
    await ui.page.mouse.move(box.x + box.width - 8, box.y + box.height / 2);
    await ui.page.locator('.plot-day', { hasText: '21 Nov' }).waitFor();
    await ui.page.getByText('The figures as a table').click();
    expect(await ui.page.getByRole('region', { name: 'Spend by model, figures' }).getByRole('row').count()).toBe(31);
  });

  it('of too many keys is plotted for the dearest and all others together', async () => {
    await gateway.stop();
    const data = makeAdminData(0);
    const [first] = data.spend;
    const days = [...new Set(data.spend.map(({ day }) => day))];
    const many = Array.from({ length: 100 }, (_, at) =>
      days.map((day) => ({ ...first, day, key_hash: `many-${at}`, key_alias: `many-${at}`, cost_usd: 0.01 })),
    );
    data.spend.push(...many.flat());
    gateway = await FakeAdmin.start(pageFolder, data);
    await open();
    await ui.evaluate("location.hash = '#/spend?by=key'");
    await ui.page.locator('.legend').getByText('others', { exact: true }).waitFor();
    const named = await ui.page.locator('.legend-name').allTextContents();
    expect(named).toEqual([
      'search-backend',
      'support-chat',
      'ide-plugin',
      'nightly-evals',
      'translation',
      'notebook-samir',
      'others',
    ]);
    const from = days.slice(-30)[0]!;
    const total = sumOf(
      data.spend.filter(({ day }) => String(day) >= String(from)),
      'cost_usd',
    );
    await ui.page.getByRole('img', { name: `Spend by key: $${total.toFixed(2)} in 30 days` }).waitFor();
  });

  it('is saved as CSV', async () => {
    await open();
    await ui.goTo('Spend');
    const [download] = await Promise.all([ui.page.waitForEvent('download'), ui.button('Download CSV').click()]);
    expect(download.suggestedFilename()).toBe('sluice-spend-by-model-2026-10-23-2026-11-21.csv');
    const text = await readFile(await download.path(), 'utf8');
    expect(text.split('\r\n')[0]).toBe('day,id,label,requests,failed_requests,prompt_tokens,completion_tokens,cost_usd');
    expect(text.split('\r\n').length).toBe(121);
  });
});

describe('requests', () => {
  it('come in by themselves, and can be held still and narrowed to the failed', async () => {
    await open();
    await ui.goTo('Requests');
    await ui.page.getByRole('row').nth(100).waitFor();
    gateway.data.requests.unshift(requestRow({ token: 'f'.repeat(64), key_alias: 'just-now' }, -5, () => 0.5));
    await ui.page.getByRole('link', { name: 'just-now' }).waitFor();
    await ui.page.getByLabel('Only failed').check();
    await ui.page.getByRole('link', { name: 'just-now' }).waitFor({ state: 'detached' });
    const failed = gateway.data.requests.slice(0, 100).filter(({ status }) => status === 'failure').length;
    expect(await ui.page.getByRole('row').count()).toBe(failed + 1);
    await ui.button('Live').click();
    await ui.button('Paused').waitFor();
    const asked = callsOf('GET /spend/logs').length;
    await ui.goTo('Models');
    await ui.says('llama-3.3-70b');
    expect(callsOf('GET /spend/logs').length).toBeLessThanOrEqual(asked + 1);
  });

  it('are not asked for while the page is out of sight', async () => {
    await open();
    await ui.goTo('Requests');
    await ui.page.getByRole('row').nth(100).waitFor();
    const setVisible = (state: string) =>
      ui.evaluate(
        `Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await setVisible('hidden');
    await ui.page.waitForLoadState('networkidle');
    const asked = callsOf('GET /spend/logs').length;
    await ui.evaluate('new Promise((resolve) => setTimeout(resolve, 2_500))');
    expect(callsOf('GET /spend/logs').length).toBe(asked);
    gateway.data.requests.unshift(requestRow({ token: 'f'.repeat(64), key_alias: 'meanwhile' }, -5, () => 0.5));
    await setVisible('visible');
    await ui.page.getByRole('link', { name: 'meanwhile' }).waitFor();
  });
});

it('models come with their prices and the health of their backends', async () => {
  await open();
  await ui.goTo('Models');
  const row = ui.page.getByRole('row').filter({ hasText: 'http://10.0.3.12:8000/v1' });
  await row.getByText('unhealthy').waitFor();
  await row.getByText('$0.59').waitFor();
  expect(await ui.page.getByText('unhealthy').count()).toBe(1);
});

it('the audit log tells who changed what', async () => {
  await open();
  await ui.goTo('Audit log');
  await ui.page.getByRole('row').filter({ hasText: 'team.update' }).locator('summary').click();
  await ui.page.locator('del', { hasText: '$300.00' }).waitFor();
  await ui.page.locator('ins', { hasText: '$500.00' }).waitFor();
});

it('what is not there yet is said on every page', async () => {
  await gateway.stop();
  gateway = await FakeAdmin.start(pageFolder, { keys: [], teams: [], users: [], models: [], spend: [], requests: [], audit: [] });
  await open();
  await tile('Spent today').getByText('$0.00', { exact: true }).waitFor();
  for (const [name, text] of Object.entries({
    Keys: 'No keys yet',
    Teams: 'No teams yet',
    Users: 'No users yet',
    Spend: 'Nothing was spent in these days',
    Models: 'No models',
    Requests: 'No requests yet',
    'Audit log': 'Nothing was changed yet',
  })) {
    await ui.goTo(name);
    await ui.page.getByText(text, { exact: true }).waitFor();
  }
});

describe('everybody can use it', () => {
  const pages = ['Keys', 'Teams', 'Users', 'Spend', 'Models', 'Requests', 'Audit log'];

  it.each(['light', 'dark'] as const)('text has the contrast of WCAG AA in the %s theme', async (colorScheme) => {
    await open('sk-master', { colorScheme, reducedMotion: 'reduce' });
    const low: string[] = [];
    for (const name of pages) {
      await ui.goTo(name);
      await ui.page.locator('.loaded').first().waitFor();
      low.push(...(await ui.evaluate<string[]>(findLowContrast)));
    }
    await ui.goTo('Keys');
    await ui.button('New key').click();
    await ui.dialog.getByLabel('Only these').check();
    low.push(...(await ui.evaluate<string[]>(findLowContrast)));
    expect(low).toEqual([]);
  });

  it('a phone shows every page without scrolling sideways', async () => {
    await open('sk-master', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    const sideways = () => ui.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(await sideways()).toBe(0);
    for (const name of pages) {
      await ui.goTo(name);
      await ui.page.locator('.loaded').first().waitFor();
      expect([name, await sideways()]).toEqual([name, 0]);
    }
    await ui.goTo('Keys');
    await ui.button('New key').click();
    await ui.button('Create key').waitFor();
    expect(
      await ui.evaluate(
        'document.querySelector(".dialog-body").scrollWidth - document.querySelector(".dialog-body").clientWidth',
      ),
    ).toBe(0);
  });

  it('a key can be blocked by keyboard alone, and each page begins at its heading', async () => {
    ui = await DashboardPage.open(browser, gateway);
    const { keyboard } = ui.page;
    await ui.page.locator('#sign-in-key:focus').waitFor();
    await keyboard.type('sk-master');
    await keyboard.press('Enter');
    await ui.heading('Overview');
    await ui.page.locator('h1:focus', { hasText: 'Overview' }).waitFor();
    await expect.poll(() => ui.page.title()).toBe('Overview · Sluice');
    const tabTo = async (name: string) => {
      for (let at = 0; at < 60; at += 1) {
        if ((await ui.evaluate('document.activeElement.textContent.trim()')) === name) return;
        await keyboard.press('Tab');
      }
      throw new Error(`Tab leads nowhere to ${name}`);
    };
    await ui.page.getByRole('link', { name: 'search-backend' }).waitFor();
    await tabTo('search-backend');
    await keyboard.press('Enter');
    await ui.heading('search-backend');
    await ui.button('Block').waitFor();
    await tabTo('Block');
    await keyboard.press('Enter');
    await ui.page.locator('.page-head').getByText('blocked').waitFor();
    await ui.page.getByRole('status').filter({ hasText: 'The key is blocked.' }).waitFor();
  });

  it('every control has a name', async () => {
    await open();
    for (const name of pages) {
      await ui.goTo(name);
      await ui.page.locator('.loaded').first().waitFor();
      const nameless = await ui.evaluate<string[]>(`[...document.querySelectorAll('button, a, input, select, textarea')]
        .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
        .map((e) => e.outerHTML)`);
      expect(nameless).toEqual([]);
    }
  });
});
