import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Debian and Ubuntu put the browser. */
const usualPaths = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** The browser to test with: `CHROMIUM_PATH`, else the first usual place. Throws with what to install. */
function findChromium(): string {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && !existsSync(chosen)) throw new Error(`CHROMIUM_PATH is ${chosen}, where there is no file`);
  const found = chosen ?? usualPaths.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      `the browser tests need Chromium: apt-get install chromium-headless-shell, or set CHROMIUM_PATH (looked at ${usualPaths.join(', ')})`,
    );
  }
  return found;
}

/** Starts a browser that talks to nobody but the pages under test. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
