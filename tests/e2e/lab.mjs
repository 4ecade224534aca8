// What the tests of the lab do on the page, by the names of its controls.

import { setTimeout as sleep } from 'node:timers/promises';

import { control, rows } from './harness.mjs';

/** Puts the page into a world of its own: paused, with the car lock waiting. */
export async function loadTheLock(page) {
  if (await control(page, 'restart').count()) await control(page, 'restart').click();
  else {
    await control(page, 'clear').click();
    await control(page, 'load-scene').click();
  }
  await control(page, 'scene').waitFor();
}

/** Begins with nothing, live. */
export async function begin(page) {
  await control(page, 'clear').click();
  await page.waitForSelector('#devices:empty, #devices:not(:has(li))', { state: 'attached' });
  await control(page, 'live').click();
}

/** Steps until `holds(rows)`; returns those rows. */
export async function stepUntil(page, holds, what) {
  for (let steps = 0; steps < 80; steps++) {
    const all = await rows(page);
    if (holds(all)) return all;
    await control(page, 'step').click();
    await sleep(60);
  }
  throw new Error(`${what}; the rows are:\n${(await rows(page)).map(({ text }) => text).join('\n')}`);
}

/** Clicks a row of the ladder where it is drawn; `button` as the mouse has them. */
export async function clickRow(page, n, button = 'left') {
  const { top, left, width, first } = await page.$eval('#ladder', (ladder) => {
    const box = ladder.getBoundingClientRect();
    return { top: box.top - ladder.scrollTop, left: box.left, width: box.width, first: Number(document.querySelector('#ladder-rows li').dataset.row) };
  });
  if (first !== 0) throw new Error('the ladder must be short enough to show its first row in its window');
  await page.mouse.click(left + width / 2 + 40, top + 52 + n * 38 + 19, { button });
}

/** Opens what can be done to a packet, by the right mouse button, and does the thing of this name. */
export async function touch(page, n, what) {
  await clickRow(page, n, 'right');
  await page.locator('#touch[open]').waitFor();
  await page.locator('#touch').locator(`[data-test="${what}"]`).click();
  await page.waitForSelector('#touch:not([open])', { state: 'attached' });
}

/** Arms one of the rules that are ready for a device. */
export async function arm(page, device, preset) {
  await control(page, 'tab-rules').click();
  await control(page, 'preset-device').selectOption(device);
  await control(page, `preset-${preset}`).click();
  await page.locator('#rules li').last().waitFor();
}

/** The rules that are armed. */
export const armed = (page) =>
  page.$$eval('#rules li', (items) => items.map(({ dataset, textContent }) => ({ id: dataset.rule, matched: +dataset.matched, struck: +dataset.struck, text: textContent })));

/** Waits until `holds()` is true. */
export async function until(holds, what, timeout = 15_000) {
  const end = Date.now() + timeout;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout} ms`);
    await sleep(30);
  }
}
