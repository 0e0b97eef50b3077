import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SluiceProcess } from '../support/sluice-process.ts';
import { buildPage } from './built-page.ts';
import { launchChromium } from './chromium.ts';

let browser: Browser;
let gateway: SluiceProcess;

beforeAll(async () => {
  await buildPage();
  gateway = new SluiceProcess(['serve', '--port', '0', '--model', 'sluice-demo']);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  gateway?.child.kill('SIGTERM');
  await gateway?.ended;
});

it('the playground that the gateway serves talks to its engine, under its own policy', async () => {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // While the engine loads /health answers 503, and Chromium logs that as an error.
    if (message.type() === 'error' && !message.location().url.endsWith('/health')) problems.push(message.text());
  });
  const answer = await page.goto(await gateway.url());
  expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
  await page.locator('#model:not([disabled])').waitFor();
  await page.getByText('Ready', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByLabel('Your message').fill('Hello');
  await page.getByLabel('Your message').press('Enter');
  await page.locator('.facts').waitFor({ timeout: 30_000 });
  expect(await page.locator('.markdown').last().textContent()).toMatch(/\w+ \w+/);
  expect(await page.locator('.facts').textContent()).toContain('sluice-demo');
  expect(problems).toEqual([]);
  await page.close();
});
