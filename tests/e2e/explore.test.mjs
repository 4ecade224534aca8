// Why did that one not get it, which rules are behind a packet, and what can happen to a message at all.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { control, noTroubles, rows, startWorld } from './harness.mjs';
import { clickRow, loadTheLock, stepUntil, until } from './lab.mjs';

let world;
before(async () => (world = await startWorld()));
after(async () => world?.close());

const option = { timeout: 90_000 };

test('the inspector tells who got a message and why, and which rules the packet stands under', option, async () => {
  const { page } = world;
  await loadTheLock(page);
  const all = await stepUntil(page, (all) => all.some(({ kind, dir, fate }) => kind === 'PUBLISH' && dir === 'from-broker' && fate === 'arrived'), 'the car has it');
  const publish = all.find(({ kind, dir }) => kind === 'PUBLISH' && dir === 'to-broker');
  await clickRow(page, publish.n);
  await control(page, 'lineage').click();
  const fates = page.locator('[data-test="lineage-fates"] li');
  await until(async () => (await fates.count()) === 2, 'both devices have a line');
  assert.match(await control(page, 'lineage-origin').innerText(), /phone published it to car\/Car001\/lock/);
  const [phone, car] = [await fates.filter({ hasText: 'phone' }).innerText(), await fates.filter({ hasText: 'Car001' }).innerText()];
  assert.match(phone, /no filter matches/);
  assert.match(car, /got it with QoS 2 as packet \d+, by car\/Car001\/lock \(QoS 2\)/);

  await control(page, 'proof').click();
  await control(page, 'proof-count').waitFor();
  const [, rules, proved] = (await control(page, 'proof-count').innerText()).match(/(\d+) rules of the standard; (\d+) proved/);
  assert.ok(Number(rules) > 50, rules);
  assert.equal(proved, rules);
  assert.ok(await page.locator('.rules-of li', { hasText: 'MQTT-3.3.1-1' }).count());
  noTroubles(page);
});

test('the explorer tries every placement, tells what each QoS suffers, and opens a counter-example', option, async () => {
  const { page } = world;
  await loadTheLock(page);
  await control(page, 'tab-explorer').click();
  await control(page, 'explore').click();
  const worlds = control(page, 'explore-worlds');
  await until(async () => (await worlds.count()) > 0 && (await worlds.getAttribute('data-running')) === 'false', 'all are tried', 60_000);
  assert.match(await worlds.innerText(), /^[\d,]+ worlds tried, all there are$/);
  const cells = async (qos, faults) =>
    page.locator(`[data-test="explore-table"] tr[data-qos="${qos}"][data-faults="${faults}"] td`).allInnerTexts();
  const two = await cells(2, 2);
  assert.deepEqual(two.slice(3), ['0', '0', '0'], 'QoS 2 neither loses nor doubles with two faults');
  assert.ok(Number(two[2]) > 500, two[2]);
  const [, , , lost, twice] = await cells(1, 1);
  assert.equal(lost, '0', 'QoS 1 does not lose');
  assert.ok(Number(twice) > 0, 'QoS 1 doubles with one fault');

  await control(page, 'explore-open').first().click();
  await control(page, 'ladder').waitFor();
  const end = await stepUntil(page, (all) => all.filter(({ kind, dir, fate }) => kind === 'PUBLISH' && dir === 'from-broker' && fate === 'arrived').length >= 3, 'the message arrives once more');
  assert.ok(end.some(({ text }) => /cut|dropped|doubled/.test(text)), 'the fault is in place');
  assert.ok((await rows(page)).length > 10);
  noTroubles(page);
});
