// The world is paused with real clients attached, and a QoS 2 exchange is stepped packet by packet: publisher, broker, two subscribers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import mqtt from 'mqtt';

import { control, noTroubles, rows, rowsUntil, startWorld } from './harness.mjs';

const TOPIC = 'step/lock';
const PUBLISHER = 'step-publisher';
const SUBSCRIBERS = ['step-tcp', 'step-ws'];
// Longer than a packet takes from one end to the other when nothing holds it.
const STANDSTILL = 300;

let world;
before(async () => (world = await startWorld()));
after(async () => world?.close());

const pressed = (name) => control(world.page, name).getAttribute('aria-pressed');

async function press(key, name) {
  await world.page.keyboard.press(key);
  await world.page.waitForFunction((test) => document.querySelector(`[data-test="${test}"]`).getAttribute('aria-pressed') === 'true', name);
}

/** A client that connects with MQTT 5 and stays. */
function client(id, address) {
  return mqtt.connectAsync(address, { clientId: id, protocolVersion: 5, reconnectPeriod: 0, keepalive: 60 }, false);
}

const isOurs = ({ device }) => device === PUBLISHER || SUBSCRIBERS.includes(device);
const arrived = (all) => all.filter(({ fate }) => fate === 'arrived').length;
const underWay = (all) => all.filter(({ fate }) => fate === 'underway');

test('a QoS 2 exchange of real clients is stepped packet by packet', { timeout: 120_000 }, async () => {
  const { page } = world;
  // An empty world, so that nothing but the clients' packets is stepped.
  await control(page, 'clear').click();
  await page.evaluate(() => document.activeElement?.blur());
  await press('l', 'live');
  const address = `mqtt://${world.tcp.host}:${world.tcp.port}`;
  const publisher = await client(PUBLISHER, world.ws);
  const subscribers = [await client(SUBSCRIBERS[0], address), await client(SUBSCRIBERS[1], world.ws)];
  const got = subscribers.map((one) => {
    const payloads = [];
    one.on('message', (_topic, payload) => payloads.push(payload.toString()));
    return payloads;
  });
  await Promise.all(subscribers.map((one) => one.subscribeAsync(TOPIC, { qos: 2 })));

  await press('p', 'pause');
  const before = (await rowsUntil(page, (all) => underWay(all).length === 0, 'all that was under way arrives')).at(-1).n;
  let done = false;
  const publishing = publisher.publishAsync(TOPIC, 'unlock', { qos: 2 }).then(() => (done = true));
  const now = async () => (await rows(page)).filter((row) => row.n > before && isOurs(row));
  await rowsUntil(page, (all) => all.some((row) => row.n > before && row.kind === 'PUBLISH'), 'the PUBLISH is seen at the door');
  await sleep(STANDSTILL);
  assert.deepEqual((await now()).map(({ kind, fate }) => [kind, fate]), [['PUBLISH', 'underway']], 'nothing moves without a step');

  let steps = 0;
  for (; !(done && got.every((payloads) => payloads.length === 1) && underWay(await now()).length === 0); steps++) {
    assert.ok(steps < 60, 'the exchange ends');
    await rowsUntil(page, (all) => all.some((row) => row.n > before && row.fate === 'underway'), 'something is under way');
    const from = arrived(await now());
    await page.keyboard.press('Space');
    await sleep(STANDSTILL / 2);
    const moved = arrived(await now()) - from;
    assert.ok(moved <= 1, `a step moves one packet, not ${moved}`);
  }
  await publishing;
  const exchange = await now();
  assert.ok(steps >= 12, `twelve packets take twelve steps or more, not ${steps}`);
  assert.equal(exchange.length, 12, `four packets for each of three clients:\n${exchange.map(({ text }) => text).join('\n')}`);
  assert.ok(exchange.every(({ fate }) => fate === 'arrived'));
  const lane = (device) => exchange.filter((row) => row.device === device).map(({ kind, dir }) => `${kind} ${dir}`);
  assert.deepEqual(lane(PUBLISHER), ['PUBLISH to-broker', 'PUBREC from-broker', 'PUBREL to-broker', 'PUBCOMP from-broker']);
  for (const name of SUBSCRIBERS) {
    assert.deepEqual(lane(name), ['PUBLISH from-broker', 'PUBREC to-broker', 'PUBREL from-broker', 'PUBCOMP to-broker']);
  }
  assert.deepEqual([exchange[0].device, exchange[0].kind], [PUBLISHER, 'PUBLISH'], 'the publisher begins');
  assert.deepEqual(got, [['unlock'], ['unlock']]);

  await press('l', 'live');
  assert.equal(await pressed('pause'), 'false');
  await Promise.all(Array.from({ length: 50 }, (_, n) => publisher.publishAsync(TOPIC, `after ${n}`, { qos: 2 })));
  const end = Date.now() + 15_000;
  while (got.some((payloads) => payloads.length < 51) && Date.now() < end) await sleep(20);
  const wanted = ['unlock', ...Array.from({ length: 50 }, (_, n) => `after ${n}`)];
  assert.deepEqual(got, [wanted, wanted], 'live again, all goes on');
  await Promise.all([publisher, ...subscribers].map((one) => one.endAsync()));
});

test('a paused world holds a real client for a while and loses nothing', { timeout: 60_000 }, async () => {
  const { page } = world;
  const one = await client('step-patient', world.ws);
  const got = [];
  one.on('message', (_topic, payload) => got.push(payload.toString()));
  await one.subscribeAsync('step/patient', { qos: 1 });
  await press('p', 'pause');
  const sending = Promise.all(Array.from({ length: 200 }, (_, n) => one.publishAsync('step/patient', String(n), { qos: 1 })));
  await sleep(2 * STANDSTILL);
  assert.equal(got.length, 0, 'nothing moves while the world is paused');
  await press('l', 'live');
  await sending;
  const end = Date.now() + 15_000;
  while (got.length < 200 && Date.now() < end) await sleep(20);
  assert.deepEqual(got, Array.from({ length: 200 }, (_, n) => String(n)));
  await one.endAsync();
});

test('the page has no trouble with it', () => noTroubles(world.page));
