// No label of the ladder lies over another. The ladder is a canvas, so the test listens to what is written on it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import mqtt from 'mqtt';

import { stepThroughTheLock } from './carlock.mjs';
import { control, noTroubles, openPage, rowsUntil, startBrowser, startRelay } from './harness.mjs';

let relay;
let browser;
before(async () => {
  relay = await startRelay();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await relay?.stop();
});

/** Runs in the page: each canvas keeps the boxes of the texts that stand on it, as `labels`. */
function listenToTheCanvas() {
  const context = CanvasRenderingContext2D.prototype;
  const { fillText, fillRect, clearRect } = context;
  // What of a box is left when a ground is laid over it that reaches from side to side, or from top to bottom.
  const cut = (canvas, [left, top, right, bottom], [l, t, r, b]) => {
    const wide = left <= 0.5 && right >= canvas.width - 1.5;
    const tall = top <= 0.5 && bottom >= canvas.height - 1.5;
    if (wide && tall) return [0, 0, 0, 0];
    if (wide && t >= top && t < bottom) return [l, Math.min(bottom, b), r, b];
    if (wide && b > top && b <= bottom) return [l, t, r, top];
    if (tall && l >= left && l < right) return [Math.min(right, r), t, r, b];
    if (tall && r > left && r <= right) return [l, t, left, b];
    return [l, t, r, b];
  };
  const place = (at, left, top, right, bottom) => [at.a * left + at.e, at.d * top + at.f, at.a * right + at.e, at.d * bottom + at.f];
  context.fillText = function (text, x, y, ...rest) {
    const size = this.measureText(text);
    const [from, to] = [x - size.actualBoundingBoxLeft, x + size.actualBoundingBoxRight];
    const box = place(this.getTransform(), from, y - size.actualBoundingBoxAscent, to, y + size.actualBoundingBoxDescent);
    if (text.trim() !== '') (this.canvas.labels ??= []).push({ text, box });
    return fillText.call(this, text, x, y, ...rest);
  };
  // Anything smaller than such a ground must find its place free.
  const wipe = (which) =>
    function (x, y, width, height) {
      const ground = place(this.getTransform(), x, y, x + width, y + height);
      const left = (this.canvas.labels ?? []).map(({ text, box }) => ({ text, box: cut(this.canvas, ground, box) }));
      this.canvas.labels = left.filter(({ box }) => box[2] - box[0] > 0.5 && box[3] - box[1] > 0.5);
      return which.call(this, x, y, width, height);
    };
  context.fillRect = wipe(fillRect);
  context.clearRect = wipe(clearRect);
  for (const side of ['width', 'height']) {
    // Setting either clears a canvas.
    const { get, set } = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, side);
    const clear = function (value) {
      this.labels = [];
      set.call(this, value);
    };
    Object.defineProperty(HTMLCanvasElement.prototype, side, { get, set: clear });
  }
}

function overlaps(labels) {
  const found = [];
  for (const [at, { text, box: one }] of labels.entries()) {
    for (const { text: otherText, box: other } of labels.slice(at + 1)) {
      const over = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
      const under = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
      // Half a pixel is how far a glyph may reach beyond its box.
      if (over > 0.5 && under > 0.5) {
        found.push(`"${text}" and "${otherText}" by ${over.toFixed(1)} × ${under.toFixed(1)} px at ${one[0].toFixed(0)}, ${one[1].toFixed(0)}`);
      }
    }
  }
  return found;
}

/** Checks what the ladder shows, as a whole and scrolled to its beginning, in this width. */
async function check(page, width) {
  await page.setViewportSize({ width, height: 900 });
  for (const key of ['End', 'Home']) {
    await page.locator('#ladder').press(key);
    await page.waitForTimeout(300);
    const labels = await page.$eval('.ladder-canvas', (canvas) => canvas.labels ?? []);
    assert.ok(labels.length > 10, `the ladder is drawn with its labels, not ${labels.length}`);
    assert.deepEqual(overlaps(labels), [], `at ${width} px, after ${key}`);
  }
}

/** Opens the page so that its canvas is listened to. */
async function withLadder(action) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await openPage(context, relay.http, { init: listenToTheCanvas });
    await action(page);
    noTroubles(page);
  } finally {
    await context.close();
  }
}

const WIDTHS = [1920, 1440, 1100, 700, 390];

test('two labels over each other are seen', () => {
  const label = (text, left, top) => ({ text, box: [left, top, left + 50, top + 10] });
  assert.equal(overlaps([label('a', 0, 100), label('b', 40, 105)]).length, 1);
  assert.equal(overlaps([label('a', 0, 100), label('b', 60, 105), label('c', 0, 120)]).length, 0);
});

test('no label of the car lock lies over another', { timeout: 60_000 }, async () => {
  await withLadder(async (page) => {
    await stepThroughTheLock(page);
    for (const width of WIDTHS) await check(page, width);
  });
});

test('no label of many real devices with long names lies over another', { timeout: 90_000 }, async () => {
  await withLadder(manyDevices);
});

async function manyDevices(page) {
  await control(page, 'clear').click();
  const names = Array.from({ length: 9 }, (_, n) => `a device with a rather long name, number ${n} `.repeat(1 + (n % 3)).trim());
  const clients = [];
  for (const [n, clientId] of names.entries()) {
    const client = await mqtt.connectAsync(relay.ws, { clientId, protocolVersion: n % 2 ? 5 : 4, reconnectPeriod: 0 }, false);
    await client.subscribeAsync('a/topic/of/many/levels/and/quite/some/length/#', { qos: n % 3 });
    clients.push(client);
  }
  for (const [n, client] of clients.entries()) {
    await client.publishAsync(`a/topic/of/many/levels/and/quite/some/length/${'x'.repeat(20 * n)}`, 'payload '.repeat(n + 1), { qos: n % 3, retain: n % 2 === 0 });
  }
  await rowsUntil(page, (all) => all.length > 40, 'the ladder has many rows');
  for (const width of WIDTHS) await check(page, width);
  await Promise.all(clients.map((client) => client.endAsync()));
}
