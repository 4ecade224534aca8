// Starts what the tests need: the relay as it is shipped, the page in a headless Chromium.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Starts `target/release/glassmq` on free ports, or on those given. Resolves, when it has told its addresses, to
 * `{ http, ws, tcp: { host, port }, addresses, log(), stop() }`.
 */
export async function startRelay({ http = '127.0.0.1:0', ws = '127.0.0.1:0', tcp = '127.0.0.1:0' } = {}) {
  const program = process.env.GLASSMQ_BIN ?? join(ROOT, 'target/release/glassmq');
  const child = spawn(program, ['--http', http, '--ws', ws, '--tcp', tcp, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (part) => (log += part));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const line = await new Promise((resolve, reject) => {
    child.once('error', reject);
    createInterface({ input: child.stdout }).once('line', resolve);
    ended.then((code) => reject(new Error(`the relay ended with ${code}: ${log}`)));
  });
  const addresses = JSON.parse(line);
  const stop = async () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { http: addresses.http, ws: addresses.ws, tcp: endpoint(addresses.tcp), addresses, log: () => log, stop };
}

/** `host:port` as its parts. */
function endpoint(text) {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

/** Starts a headless Chromium with an empty profile. */
export function startBrowser() {
  const executablePath = chromiumPath();
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'];
  args.push('--disable-component-update', '--disable-dev-shm-usage');
  return chromium.launch({ executablePath, args });
}

function chromiumPath() {
  if (process.env.GLASSMQ_CHROMIUM) return process.env.GLASSMQ_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error('no Chromium is found: apt-get install chromium, or name one in GLASSMQ_CHROMIUM');
  return found;
}

/**
 * Opens the page at an address in a context (a browser gets a new one). Resolves when the page is ready, and, unless `relay` says
 * otherwise, when its broker is live for real devices. `page.troubles` gathers console errors, exceptions and CSP violations.
 */
export async function openPage(contextOrBrowser, address, { relay = 'live', init } = {}) {
  const page = await contextOrBrowser.newPage();
  page.troubles = [];
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => page.troubles.push(`exception: ${error.message}`));
  page.on('crash', () => page.troubles.push('the page crashed'));
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy/.test(message.text())) page.troubles.push(`console: ${message.text()}`);
  });
  if (init) await page.addInitScript(init);
  await page.goto(address);
  await page.waitForSelector('body[data-state="ready"]');
  await relayIs(page, relay);
  return page;
}

/** Waits until the page says this of its relay: none, connecting, live, held or taken. */
export async function relayIs(page, state, timeout = 15_000) {
  try {
    await page.waitForSelector(`body[data-relay="${state}"]`, { timeout });
  } catch {
    throw new Error(`the page should say its relay is ${state}; it says ${await page.getAttribute('body', 'data-relay')}`);
  }
}

/** The element with this `data-test`. */
export const control = (page, name) => page.locator(`[data-test="${name}"]`);

/** All rows of the ladder that the page holds in its list for assistive technology, in order. */
export function rows(page) {
  return page.$$eval('#ladder-rows li', (items) =>
    items.map(({ dataset, textContent }) => ({
      n: Number(dataset.row),
      kind: dataset.kind,
      device: dataset.device,
      dir: dataset.dir,
      fate: dataset.fate,
      text: textContent,
    })),
  );
}

/** Waits until `holds(rows)`, and returns those rows. The error shows the rows that were there instead. */
export async function rowsUntil(page, holds, what, timeout = 15_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const now = await rows(page);
    if (holds(now)) return now;
    if (Date.now() > end) throw new Error(`${what}; the rows are:\n${now.map((row) => `${row.n} ${row.text}`).join('\n')}`);
    await page.waitForTimeout(50);
  }
}

/** A relay, a browser and a page whose broker is live. `close()` ends all of it. */
export async function startWorld() {
  const relay = await startRelay();
  const browser = await startBrowser();
  const page = await openPage(browser, relay.http);
  const close = async () => {
    await browser.close();
    await relay.stop();
  };
  return { ...relay, relay, browser, page, close };
}

/**
 * The broker for tests that speak nothing but MQTT: our own in its tab, or another, to try the tests themselves:
 * `GLASSMQ_E2E_BROKER='127.0.0.1:1883 ws://127.0.0.1:9001/mqtt' node --test tests/e2e/exchange.test.mjs`.
 */
export async function startBroker() {
  const other = process.env.GLASSMQ_E2E_BROKER;
  if (!other) return startWorld();
  const [tcp, ws] = other.split(' ');
  return { tcp: endpoint(tcp), ws, close: async () => {} };
}

/** Fails when the page had any trouble. */
export function noTroubles(page) {
  if (page.troubles.length > 0) throw new Error(`the page had troubles:\n${page.troubles.join('\n')}`);
}
