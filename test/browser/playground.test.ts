import * as fc from 'fast-check';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from './built-page.ts';
import { launchChromium } from './chromium.ts';
import { type FakeChat, FakeGateway } from './fake-gateway.ts';
import { findLowContrast } from './low-contrast.ts';

let pageFolder: string;
let browser: Browser;
let gateway: FakeGateway;
let page: Page;
/** Violations of the policy, errors on the console, exceptions: whatever a page is not to have. */
let problems: string[];

beforeAll(async () => {
  [pageFolder, browser] = await Promise.all([buildPage(), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  gateway = await FakeGateway.start(pageFolder);
});

afterEach(async () => {
  await page?.context().close();
  await gateway.stop();
  expect(problems).toEqual([]);
});

/** Opens the page in a fresh browser profile and waits until it can be used. */
async function open(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  await context.addInitScript(
    `document.addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`,
  );
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // Chromium itself logs every answer with an error status; the tests send those on purpose.
    const isPlayedFailure =
      message.text().startsWith('Failed to load resource') && /\/(v1\/|health$|config\.json$)/.test(message.location().url);
    if ((message.type() === 'error' || message.type() === 'assert') && !isPlayedFailure) problems.push(message.text());
  });
  await page.goto(gateway.url);
}

const prompt = (): Locator => page.getByLabel('Your message');
const answer = (): Locator => page.locator('.markdown').last();
const button = (name: string): Locator => page.getByRole('button', { name, exact: true });

/** Waits until an element has a text. */
async function shows(locator: Locator, text: string | RegExp): Promise<void> {
  await locator.filter({ hasText: text }).first().waitFor();
}

/** Evaluates an expression in the page. As text: the types of the DOM are not those of the tests. */
function inPage<T>(expression: string): Promise<T> {
  return page.evaluate<T>(expression);
}

/** Sends a prompt by keyboard and returns the request that arrives. */
async function ask(text: string): Promise<FakeChat> {
  await page.locator('#model:not([disabled])').waitFor();
  await prompt().fill(text);
  await prompt().press('Enter');
  return gateway.nextChat();
}

describe('an answer', () => {
  it('appears piece by piece, as Markdown, with what it took', async () => {
    await open();
    const chat = await ask('Hello');
    chat.text('A **strong** start ');
    await shows(answer(), 'A strong start');
    expect(await answer().locator('strong').textContent()).toBe('strong');
    chat.raw(': a heartbeat\r\n\r\n');
    chat.text('\n\n- one\n- two\n\n```js\nlet a_b = `$x`;\n```\n');
    await shows(answer().locator('li'), 'one');
    await shows(answer().locator('.code-language'), 'js');
    expect(await page.locator('.facts').count()).toBe(0);
    chat.finish();
    await shows(page.locator('.facts'), '34 tokens');
    const facts = await page.locator('.facts').innerText();
    expect(facts.replaceAll(/\s+/g, ' ')).toMatch(
      /Model small-model-answers Prompt 12 tokens Answer 34 tokens Speed [\d.,]+ tokens\/s First token [\d.]+ m?s/,
    );
    await answer().getByRole('button', { name: 'Copy code' }).click();
    await shows(answer().locator('.code-copy'), 'Copied');
    expect(await inPage('navigator.clipboard.readText()')).toBe('let a_b = `$x`;');
  });

  it('can hold nothing that runs, loads or navigates', async () => {
    await open();
    const chat = await ask('Hello');
    chat.text('[x](javascript:alert(1)) [y](https://example.com/) <img src=x onerror=alert(1)> <script>alert(2)</script>\n\n');
    chat.text('![picture](https://example.com/a.png) a[0] <javascript:alert(3)> [z](data:text/html,hi)\n\n```"><b>\ncode\n```\n');
    chat.finish();
    await page.locator('.facts').waitFor();
    expect(await answer().locator('img, script, b, iframe').count()).toBe(0);
    const targets = await inPage<string[]>(`[...document.querySelectorAll('.markdown a[href]')].map((link) => link.href)`);
    expect(targets).toEqual(['https://example.com/', 'https://example.com/a.png']);
    const text = await answer().innerText();
    expect(text).toContain('<script>alert(2)</script>');
    expect(text).toContain('a[0]');
    await answer().getByText('x', { exact: true }).first().click();
    expect(page.url()).toBe(gateway.url);
  });

  it('is made of harmless elements and attributes, whatever is written', async () => {
    await open();
    const markup = '[¦]¦(¦)¦](¦!¦*¦**¦_¦`¦```¦\n¦\n\n¦# ¦- ¦1. ¦> ¦|¦|---|¦[x] ¦$¦$$¦\\¦<br>¦a';
    const attacks = `<script>¦<img src=x onerror=alert(1)>¦javascript:alert(1)¦data:text/html,x¦https://example.com/¦"¦'¦ onclick=x`;
    const hostile = fc.constantFrom(...`${markup}¦${attacks}`.split('¦'));
    const pieces = fc.sample(fc.array(hostile, { maxLength: 40 }), { numRuns: 200, seed: 7 }).map((parts) => parts.join(''));
    const chat = await ask('Hello');
    for (const piece of pieces) chat.text(`${piece}\n\n`);
    chat.text(`\n\`\`\`\n\n${'*_'.repeat(40)}deep`);
    chat.finish();
    await page.locator('.facts').waitFor();
    const found = await inPage<{ names: string[]; attributes: string[]; targets: string[] }>(`(() => {
      const elements = [...document.querySelectorAll('.markdown *')];
      return {
        names: [...new Set(elements.map((e) => e.localName))],
        attributes: [...new Set(elements.flatMap((e) => e.getAttributeNames()))],
        targets: [...new Set(elements.filter((e) => e.href).map((e) => e.protocol))],
      };
    })()`);
    const harmless =
      'a blockquote br button code div em h3 h4 h5 h6 hr input li ol p pre s span strong table tbody td th thead tr ul';
    expect(found.names.filter((name) => !harmless.split(' ').includes(name))).toEqual([]);
    const allowed = 'aria-label checked class disabled href rel start tabindex target type';
    expect(found.attributes.filter((name) => !allowed.split(' ').includes(name))).toEqual([]);
    expect(found.targets).toEqual(['https:']);
  });

  it('can be stopped by button and by Escape, which closes the request', async () => {
    await open();
    for (const stop of [() => button('Stop').click(), () => page.keyboard.press('Escape')]) {
      const chat = await ask('Count to a million');
      chat.text('one, two, ');
      await shows(answer(), 'one, two,');
      await stop();
      await chat.closed;
      await shows(page.locator('.turn').last(), 'You stopped this answer.');
      expect(await answer().innerText()).toContain('one, two,');
      await button('Send').waitFor();
    }
  });

  it('takes settings and the earlier turns along', async () => {
    await open();
    await page.getByLabel('Temperature', { exact: true }).fill('1.5');
    await page.getByLabel('Max tokens').fill('7');
    await page.getByLabel('Model', { exact: true }).selectOption('sluice-demo-1m');
    await shows(page.locator('.badge'), 'demo model');
    const first = await ask('One');
    expect(first.body).toMatchObject({
      model: 'sluice-demo-1m',
      temperature: 1.5,
      max_tokens: 7,
      stream: true,
      stream_options: { include_usage: true },
    });
    first.text('1');
    first.finish('length');
    await shows(page.locator('.note'), 'limit of tokens');
    const second = await ask('Two');
    expect(second.body['messages']).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: '1' },
      { role: 'user', content: 'Two' },
    ]);
    second.finish();
  });

  it('stays in sight while it grows, unless one scrolls up', async () => {
    await open();
    const chat = await ask('Long');
    const pane = page.locator('.conversation');
    const gap = () =>
      inPage<number>(
        `(() => { const p = document.querySelector('.conversation'); return Math.round(p.scrollHeight - p.clientHeight - p.scrollTop) })()`,
      );
    chat.text('line\n\n'.repeat(60));
    await expect.poll(gap).toBeLessThan(2);
    await pane.hover();
    await page.mouse.wheel(0, -600);
    await expect.poll(gap).toBeGreaterThan(300);
    chat.text('more\n\n'.repeat(20));
    await shows(answer(), 'more');
    expect(await gap()).toBeGreaterThan(300);
    await button('Newest').click();
    await expect.poll(gap).toBeLessThan(2);
    chat.text('end\n\n'.repeat(20));
    await shows(answer(), 'end');
    await expect.poll(gap).toBeLessThan(2);
    chat.finish();
  });
});

describe('the conversation', () => {
  it('survives a reload and ends with "New chat"', async () => {
    await open();
    const chat = await ask('Remember');
    chat.text('I **do**');
    chat.finish();
    await page.locator('.facts').waitFor();
    const cut = await ask('And this?');
    cut.text('Half an answer ');
    await shows(answer(), 'Half an answer ');
    await page.reload();
    await shows(page.locator('.turn').first(), 'I do');
    await shows(page.locator('.turn').last(), 'The answer was cut off');
    expect(await answer().innerText()).toContain('Half an answer');
    await button('New chat').click();
    await shows(page.locator('.welcome'), 'Open the gate');
    await page.reload();
    await page.locator('.welcome').waitFor();
  });

  it('starts with an example', async () => {
    await open();
    await page.locator('.example').first().click();
    expect((await gateway.nextChat()).body['messages']).toEqual([
      { role: 'user', content: expect.stringContaining('sluice gate') },
    ]);
  });
});

describe('a gateway with keys', () => {
  it('is given one, which is kept nowhere', async () => {
    gateway.key = 'sk-very-secret';
    await open();
    await shows(page.locator('.key'), 'This gateway needs an API key.');
    const field = page.getByLabel('API key', { exact: true });
    await expect.poll(() => inPage('document.activeElement.id')).toBe('api-key');
    expect(await field.getAttribute('type')).toBe('password');
    await page.keyboard.type('sk-wrong');
    await page.keyboard.press('Enter');
    await shows(page.locator('.key'), 'This key was not accepted.');
    await field.fill(gateway.key);
    await field.press('Enter');
    const chat = await ask('Hello');
    expect(chat.authorization).toBe('Bearer sk-very-secret');
    chat.text('Hi');
    chat.finish();
    await page.locator('.facts').waitFor();
    const kept = await inPage<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    );
    expect(kept).toContain('Hello');
    expect(kept).not.toContain('secret');
    await button('Copy as curl').click();
    await page.getByText('Copied').waitFor();
    const curl = await inPage<string>('navigator.clipboard.readText()');
    expect(curl).toContain('"Authorization: Bearer $SLUICE_API_KEY"');
    expect(curl).not.toContain('secret');
    await page.reload();
    await shows(page.locator('.key'), 'This gateway needs an API key.');
  });

  it('that wants one in mid-conversation gets the prompt again with it', async () => {
    await open();
    (await ask('Hello')).refuse('unauthorized', 'the key has expired');
    await shows(page.locator('.notice'), 'the key has expired');
    const field = page.getByLabel('API key', { exact: true });
    await field.fill('sk-new');
    await field.press('Enter');
    expect((await gateway.nextChat()).authorization).toBe('Bearer sk-new');
  });
});

describe('when something is wrong', () => {
  it('counts a limit down and then offers another try', async () => {
    await open();
    (await ask('Hello')).refuse('rate_limit_exceeded', 'this key may send 2 requests a minute', 2);
    await shows(page.locator('.notice'), 'this key may send 2 requests a minute');
    await shows(page.getByRole('timer'), 'try again in 2 s');
    expect(await button('Try again').count()).toBe(0);
    await shows(page.getByRole('timer'), 'try again in 1 s');
    await button('Try again').click();
    const chat = await gateway.nextChat();
    expect(chat.body['messages']).toEqual([{ role: 'user', content: 'Hello' }]);
    chat.text('Welcome back');
    chat.finish();
    await shows(answer(), 'Welcome back');
    expect(await page.locator('.notice').count()).toBe(0);
  });

  it('waits calmly for a loading model and sends the prompt when it is ready', async () => {
    gateway.health = 'loading';
    await open();
    await shows(page.locator('.notice-calm'), 'The model is loading');
    (await ask('Hello')).refuse('service_unavailable', 'the model is loading', 1);
    await shows(page.locator('.turn .notice-calm'), 'goes out by itself');
    expect(await page.locator('.notice').count()).toBe(1);
    await button('Try now').click();
    (await gateway.nextChat()).refuse('service_unavailable', 'the model is loading', 1);
    await page.locator('.turn .notice-calm').waitFor();
    gateway.health = 'healthy';
    const chat = await gateway.nextChat();
    chat.text('Ready now');
    chat.finish();
    await shows(answer(), 'Ready now');
    expect(await page.locator('.notice').count()).toBe(0);
  });

  it.each([
    ['model_access_denied', 'Not allowed with this key'],
    ['model_not_found', 'There is no such model'],
    ['service_unavailable', 'The model cannot answer now'],
    ['gateway_timeout', 'No answer in time'],
  ] as const)('shows %s as "%s" with the words of the server as text', async (code, title) => {
    await open();
    (await ask('Hello')).refuse(code, '<b>because</b> of the test');
    await shows(page.locator('.notice'), title);
    await shows(page.locator('.notice'), '<b>because</b> of the test');
    await shows(page.locator('.notice-reference'), `${code} · request request-7`);
    await button('Try again').click();
    (await gateway.nextChat()).finish();
  });

  it.each([
    [
      'an error event',
      'the engine went away',
      (chat: FakeChat) => (chat.event({ error: { message: 'the engine went away' } }), chat.end()),
    ],
    ['a broken connection', 'The connection was lost', (chat: FakeChat) => chat.cut()],
    ['an early end', 'The stream ended', (chat: FakeChat) => chat.end()],
  ])('keeps what was written before %s and marks it as cut', async (_, message, breakOff) => {
    await open();
    const chat = await ask('Hello');
    chat.text('The first half ');
    await shows(answer(), 'The first half');
    breakOff(chat);
    await shows(page.locator('.notice'), 'The answer was cut off');
    await shows(page.locator('.notice'), message);
    expect(await answer().innerText()).toContain('The first half');
    expect(await page.locator('.turn').getAttribute('data-state')).toBe('failed');
  });

  it('says that the gateway is gone and notices its return', async () => {
    await open();
    await page.locator('#model:not([disabled])').waitFor();
    await page.context().setOffline(true);
    await prompt().fill('Hello');
    await prompt().press('Enter');
    await shows(page.locator('.turn .notice'), 'The gateway cannot be reached');
    await shows(page.locator('.readiness'), 'Not reachable');
    problems = problems.filter((problem) => !problem.includes('net::ERR_INTERNET_DISCONNECTED'));
    await page.context().setOffline(false);
    await shows(page.locator('.readiness'), 'Ready');
    await button('Try again').click();
    (await gateway.nextChat()).finish();
  });

  it.each([
    [undefined, 'answered with status 404'],
    ['{"apiBaseURL": ""}', 'unknown key "apiBaseURL"'],
  ])('shows that config.json is %s', async (config, message) => {
    gateway.config = config;
    await open();
    await shows(page.getByRole('main'), message);
  });

  it('shows no way to the dashboard where it is published without one', async () => {
    await open();
    await page.getByRole('link', { name: 'Dashboard' }).waitFor();
    await page.context().close();
    gateway.config = '{"apiBaseUrl": "https://api.example"}';
    await open();
    await page.getByRole('link', { name: 'API docs' }).waitFor();
    expect(await page.getByRole('link', { name: 'Dashboard' }).count()).toBe(0);
    // Nothing answers there, and this page's policy would not let it ask.
    problems = [];
  });
});

describe('for everyone', () => {
  it('everything can be done by keyboard', async () => {
    // With a coarse pointer the prompt box does not take the focus at the start, so the walk begins at the top.
    await open({ hasTouch: true, isMobile: true });
    await page.locator('#model:not([disabled])').waitFor();
    await page.keyboard.press('Tab');
    expect(await inPage('document.activeElement.textContent.trim()')).toBe('Skip to your message');
    const seen: string[] = [];
    for (let i = 0; i < 20 && !seen.includes('Write a message'); i += 1) {
      await page.keyboard.press('Tab');
      seen.push(
        await inPage<string>(
          `(() => { const e = document.activeElement; return e.placeholder || e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent.trim() })()`,
        ),
      );
      const hasOutline = `(() => { const e = document.activeElement; return [e, e.parentElement].some((x) => getComputedStyle(x).outlineStyle !== 'none') })()`;
      expect(await inPage(hasOutline), `a visible focus on ${seen.at(-1)}`).toBe(true);
    }
    for (const name of [
      'New chat',
      'Model',
      'Temperature',
      'server’s',
      'Copy as curl',
      'API docs',
      'Dark theme',
      'Conversation',
      'Write a message',
    ]) {
      expect(seen).toContain(name);
    }
    await page.keyboard.type('First line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    const chat = await gateway.nextChat();
    expect(chat.body['messages']).toEqual([{ role: 'user', content: 'First line\nsecond line' }]);
    chat.text('Done');
    chat.finish();
    await shows(page.getByRole('status').last(), 'Done');
    expect(await inPage('document.activeElement.id')).toBe('prompt');
  });

  it.each(['light', 'dark'] as const)('text has the contrast of WCAG AA in the %s theme', async (colorScheme) => {
    await open({ colorScheme });
    (await ask('Hello')).refuse('rate_limit_exceeded', 'wait', 60);
    await page.getByRole('timer').waitFor();
    const chat = await ask('Again');
    chat.text('Text `code` [link](https://example.com) \n\n> quote\n\n```js\nlet x\n```\n');
    chat.finish();
    await page.locator('.facts').last().waitFor();
    expect(await inPage(findLowContrast)).toEqual([]);
  });

  it('the theme can be chosen and stays chosen', async () => {
    await open({ colorScheme: 'light' });
    const paper = () => inPage<string>('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await button('Dark theme').click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    await button('Light theme').waitFor();
    expect(await paper()).toBe(dark);
  });

  it('a phone shows everything without scrolling sideways', async () => {
    await open({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    const sideways = (selector: string) =>
      inPage<number>(`(() => { const e = document.querySelector('${selector}'); return e.scrollWidth - e.clientWidth })()`);
    expect(await sideways('html')).toBe(0);
    const chat = await ask(`A long word: ${'w'.repeat(120)}`);
    chat.text(`${'x'.repeat(200)}\n\n\`\`\`\n${'y'.repeat(200)}\n\`\`\`\n\n| a | b |\n|---|---|\n| ${'z'.repeat(80)} | 2 |\n\n`);
    chat.finish();
    await page.locator('.facts').waitFor();
    expect(await sideways('html')).toBe(0);
    expect(await sideways('.conversation')).toBe(0);
    await button('Settings').click();
    await page.getByLabel('Max tokens').waitFor();
    expect(await sideways('html')).toBe(0);
    expect(await sideways('.panel')).toBe(0);
  });
});
