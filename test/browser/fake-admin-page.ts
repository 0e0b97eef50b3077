import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { nowMs } from './fake-admin-data.ts';

/** The dashboard in a fresh browser profile, with what went wrong in it. */
export class DashboardPage {
  readonly page: Page;
  /** Violations of the policy, errors on the console, exceptions, requests elsewhere: whatever a page is not to have. */
  readonly problems: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      // Chromium itself logs every answer with an error status; the tests send those on purpose.
      const isPlayedFailure = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isPlayedFailure) this.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('blob:'))
        this.problems.push(`request to ${request.url()}`);
    });
  }

  /** Opens the address. The clock of the page stands at `timeMs`; null: it goes as that of the machine does. */
  static async open(
    browser: Browser,
    { url, timeMs = nowMs }: { url: string; timeMs?: number | null },
    options: BrowserContextOptions = {},
  ): Promise<DashboardPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
      timezoneId: 'UTC',
      ...options,
    });
    await context.addInitScript(
      `document.addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`,
    );
    const page = await context.newPage();
    if (timeMs !== null) await page.clock.setFixedTime(timeMs);
    const dashboard = new DashboardPage(page, new URL(url).origin);
    await page.goto(url);
    return dashboard;
  }

  async signIn(key: string): Promise<void> {
    await this.page.getByLabel('Key', { exact: true }).fill(key);
    await this.page.getByLabel('Key', { exact: true }).press('Enter');
  }

  /** Goes to a page by its link. */
  async goTo(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name, exact: true }).click();
    await this.heading(name);
  }

  /** Waits for the page with that title. */
  async heading(title: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** The open dialog. */
  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** The field that shows a new key. */
  get secret(): Locator {
    return this.page.getByRole('textbox', { name: 'The new key', exact: true });
  }

  /** Waits until the page says a text. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Evaluates an expression in the page. As text: the types of the DOM are not those of the tests. */
  evaluate<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(expression);
  }
}
