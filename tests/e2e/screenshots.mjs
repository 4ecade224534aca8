// Makes the pictures of the README: the page after the car lock was stepped through, light and dark. `cargo xtask screenshots` runs it.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { stepThroughTheLock } from './carlock.mjs';
import { openPage, startBrowser, startRelay } from './harness.mjs';

const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
await mkdir(folder, { recursive: true });
// The usual ports where they are free, so that the picture shows the addresses of the README.
const usual = { http: '127.0.0.1:8080', ws: '127.0.0.1:8083', tcp: '127.0.0.1:1883' };
const relay = await startRelay(usual).catch(() => startRelay());
const browser = await startBrowser();
for (const colorScheme of ['light', 'dark']) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 });
  const page = await openPage(context, relay.http);
  await stepThroughTheLock(page);
  // The last acknowledgements, so that the picture shows complete exchanges.
  for (let step = 0; step < 2; step++) {
    await page.keyboard.press('Space');
    await page.waitForTimeout(300);
  }
  const path = `${folder}screenshot-${colorScheme}.png`;
  await page.screenshot({ path });
  console.log(path);
  await context.close();
}
await browser.close();
await relay.stop();
