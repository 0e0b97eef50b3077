import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DashboardPage } from './fake-admin-page.ts';
import { KeyedGateway } from './keyed-gateway.ts';
import { launchChromium } from './chromium.ts';

let gateway: KeyedGateway;
let browser: Browser;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([
    KeyedGateway.start((upstream) => ({
      keys: [{ key: 'sk-declared-in-the-configuration', alias: 'visitor', models: ['small'] }],
      models: ['small', 'large'].map((name) => ({ name, backends: [{ provider: 'vllm', baseUrl: upstream.baseUrl }] })),
    })),
    launchChromium(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

it('the playground of a gateway with keys asks for one, says when it is wrong, and talks with it', async () => {
  const { page, problems } = await DashboardPage.open(browser, { url: gateway.url, timeMs: null });
  const field = page.getByLabel('API key', { exact: true });
  await field.waitFor();
  await page.getByText('This gateway needs an API key.').waitFor();
  await field.fill('sk-not-a-key-of-this-gateway');
  await field.press('Enter');
  await page.getByText('This key was not accepted.').waitFor();
  await field.fill('sk-declared-in-the-configuration');
  await field.press('Enter');
  await page.locator('#model:not([disabled])').waitFor();
  expect(await page.locator('#model option').allTextContents()).toEqual(['small']);
  await page.getByLabel('Your message').fill('Hello');
  await page.getByLabel('Your message').press('Enter');
  await page.locator('.facts').waitFor();
  expect(await page.locator('.markdown').last().textContent()).toBe('Hello there');
  const { headers, body } = gateway.upstream.exchanges.at(-1)!;
  expect(body['model']).toBe('small');
  expect(JSON.stringify(headers)).not.toContain('declared');
  expect(problems).toEqual([]);
  await page.context().close();
});
