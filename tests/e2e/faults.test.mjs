// Faults by hand and by rule, on simulated devices and on real ones; bytes of one's own; who may connect. As a user does it.

import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { after, before, test } from 'node:test';

import mqtt from 'mqtt';

import { control, noTroubles, rowsUntil, startWorld } from './harness.mjs';
import { arm, armed, begin, clickRow, loadTheLock, stepUntil, touch, until } from './lab.mjs';

let world;
before(async () => (world = await startWorld()));
after(async () => world?.close());

const option = { timeout: 90_000 };

/** A real device that keeps its session and comes back. */
async function device(id, options = {}) {
  const client = mqtt.connect(world.ws, { clientId: id, clean: false, protocolVersion: 4, reconnectPeriod: 200, connectTimeout: 5000, ...options });
  client.on('error', () => {});
  await until(() => client.connected, `${id} connects`);
  return client;
}

test('the next PUBREC to a real device is lost with its connection, and the message arrives once all the same', option, async () => {
  const { page } = world;
  await begin(page);
  const got = [];
  const listener = await device('listener', { clean: true });
  listener.on('message', (_topic, payload) => got.push(payload.toString()));
  await listener.subscribeAsync('faults/pubrec', { qos: 2 });
  const sender = await device('sender');
  await page.waitForSelector('[data-device="sender"][data-state="connected"]');

  await arm(page, 'sender', 0);
  assert.match((await armed(page))[0].text, /The next PUBREC from the broker to sender never arrives: the connection is cut before\./);
  await sender.publishAsync('faults/pubrec', 'once', { qos: 2 });
  await until(async () => (await armed(page))[0].struck === 1, 'the rule tells that it has struck');
  assert.match((await armed(page))[0].text, /spent/);
  await until(() => got.length > 0, 'the message arrives');
  assert.deepEqual(got, ['once']);

  await control(page, 'tab-ladder').click();
  const all = await rowsUntil(page, (all) => all.some(({ kind, device: who, fate }) => kind === 'PUBCOMP' && who === 'sender' && fate === 'arrived'), 'it is complete');
  const of = (kind) => all.filter((row) => row.kind === kind && row.device === 'sender');
  assert.deepEqual(of('PUBREC').map(({ fate }) => fate), ['lost', 'arrived']);
  const sent = of('PUBLISH').filter(({ dir }) => dir === 'to-broker');
  assert.equal(sent.length, 2);
  assert.ok(sent[1].n > of('PUBREC')[0].n, 'it was sent again after the cut');
  // MQTT.js leaves out the DUP that every version asks for here: the broker knows the message by its packet identifier.
  assert.match(sent[1].text, /not passed on twice/);
  await sender.endAsync(true);
  await listener.endAsync(true);
  noTroubles(page);
});

test('what a real device could not acknowledge comes again, marked DUP', option, async () => {
  const { page } = world;
  await begin(page);
  const got = [];
  const listener = await device('forgetful');
  listener.on('message', (_topic, payload, { dup }) => got.push([payload.toString(), dup]));
  await listener.subscribeAsync('faults/dup', { qos: 2 });
  await arm(page, 'forgetful', 3);
  await control(page, 'tab-ladder').click();
  await control(page, 'publish-topic').fill('faults/dup');
  await control(page, 'publish-send').click();
  const complete = (all) => all.some(({ kind, device: who, fate }) => kind === 'PUBCOMP' && who === 'forgetful' && fate === 'arrived');
  const all = await rowsUntil(page, complete, 'it is complete');
  const sent = all.filter(({ kind, dir, device: who }) => kind === 'PUBLISH' && dir === 'from-broker' && who === 'forgetful');
  assert.equal(sent.length, 2);
  assert.doesNotMatch(sent[0].text, /DUP/);
  assert.match(sent[1].text, /DUP/);
  assert.ok(all.some(({ text, n }) => /cut by a fault/.test(text) && n >= sent[0].n && n < sent[1].n), 'the cut stands between them');
  await listener.endAsync(true);
  noTroubles(page);
});

test('a packet under way is held, released, dropped, by the menu on its arrow', option, async () => {
  const { page } = world;
  await loadTheLock(page);
  const underWay = (kind) => (all) => all.some((row) => row.kind === kind && row.fate === 'underway');
  const one = (all, kind) => all.find((row) => row.kind === kind && ['underway', 'held'].includes(row.fate));
  let all = await stepUntil(page, underWay('PUBREC'), 'a PUBREC is under way');
  const { n } = one(all, 'PUBREC');
  await touch(page, n, 'hold');
  all = await stepUntil(page, (all) => all[n].fate === 'held', 'it is held');
  assert.match(all[n].text, /held on its link/);
  await touch(page, n, 'release');
  await stepUntil(page, (all) => all[n].fate === 'arrived', 'it goes on when it is released');

  all = await stepUntil(page, underWay('PUBCOMP'), 'a PUBCOMP is under way');
  const gone = one(all, 'PUBCOMP').n;
  await touch(page, gone, 'drop');
  all = await stepUntil(page, (all) => all[gone].fate === 'dropped', 'it is dropped');
  assert.match(all[gone].text, /dropped on its link/);

  // What has arrived cannot be touched, and the menu says so.
  await clickRow(page, n, 'right');
  assert.match(await page.locator('#touch').innerText(), /no longer on its way/);
  assert.equal(await page.locator('#touch [data-test="hold"]').count(), 0);
  await page.keyboard.press('Escape');
  noTroubles(page);
});

test('by the keyboard alone a packet is chosen, and the connection cut inside it', option, async () => {
  const { page } = world;
  await loadTheLock(page);
  const isPublish = ({ kind, fate, dir }) => kind === 'PUBLISH' && fate === 'underway' && dir === 'to-broker';
  const all = await stepUntil(page, (all) => all.some(isPublish), 'a PUBLISH is under way');
  const { n, device: who } = all.find(isPublish);
  await page.focus('#ladder');
  await page.keyboard.press('Home');
  for (let down = 0; down < n; down++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('f');
  await page.locator('#touch[open]').waitFor();
  assert.match(await page.locator('#touch').innerText(), /PUBLISH/);
  await page.locator('#touch [data-test="cut-inside-bytes"]').fill('three');
  await page.locator('#touch [data-test="cut-inside"]').press('Enter');
  await control(page, 'touch-wrong').waitFor();
  await page.locator('#touch [data-test="cut-inside-bytes"]').fill('3');
  await page.locator('#touch [data-test="cut-inside"]').press('Enter');
  await page.waitForSelector('#touch:not([open])', { state: 'attached' });
  await stepUntil(page, (all) => all[n].fate === 'lost', 'it never arrives whole');
  await page.waitForSelector(`[data-device="${who}"][data-state="offline"]`);
  noTroubles(page);
});

test('a link falls silent, is healed, is cut', option, async () => {
  const { page } = world;
  await begin(page);
  const real = await device('linked', { clean: true });
  await page.locator('[data-device="linked"] .choose').click();
  await control(page, 'link-silence').click();
  await page.locator('[data-device="linked"] .silent').waitFor();
  real.publish('silent/topic', 'nobody hears', { qos: 0 });
  await rowsUntil(page, (all) => all.some(({ kind, fate }) => kind === 'PUBLISH' && fate === 'dropped'), 'what is sent vanishes');
  await control(page, 'link-heal').click();
  await until(async () => (await page.locator('[data-device="linked"] .silent').count()) === 0, 'it is healed');
  real.publish('silent/topic', 'heard', { qos: 0 });
  await rowsUntil(page, (all) => all.some(({ kind, fate }) => kind === 'PUBLISH' && fate === 'arrived'), 'it arrives again');
  const closed = new Promise((resolve) => real.once('close', resolve));
  await control(page, 'link-cut').click();
  await closed;
  await real.endAsync(true);
  noTroubles(page);
});

test('a rule of one\'s own says what it will do; a break-point pauses the world and tells which', option, async () => {
  const { page } = world;
  await begin(page);
  await control(page, 'tab-rules').click();
  await page.locator('[data-test="rule-kinds"] [data-kind="PUBLISH"]').click();
  await control(page, 'rule-topic').fill('break/#');
  await control(page, 'rule-way').selectOption('in');
  await control(page, 'rule-action').selectOption('pause');
  await control(page, 'rule-skip').fill('many');
  await control(page, 'rule-arm').click();
  assert.match(await control(page, 'rule-wrong').innerText(), /Leave alone first: a whole number/);
  await control(page, 'rule-skip').fill('1');
  const sentence = 'After the first match, the next PUBLISH from any device to the broker on break/# pauses the world when it sets out.';
  assert.equal(await control(page, 'rule-preview').innerText(), sentence);
  await control(page, 'rule-arm').click();
  await until(async () => (await armed(page)).length === 1, 'it is armed');
  const real = await device('breaker', { clean: true });
  await real.publishAsync('break/one', '1', { qos: 1 });
  await real.publishAsync('other/two', '2', { qos: 1 });
  assert.equal(await control(page, 'halted').count(), 0);
  real.publish('break/two', '2', { qos: 1 });
  await control(page, 'halted').waitFor();
  assert.match(await control(page, 'halted').innerText(), /Paused by break-point \d+\. After the first match/);
  assert.deepEqual((await armed(page)).map(({ matched, struck }) => [matched, struck]), [[2, 1]]);
  await control(page, 'remove-rule').click();
  await until(async () => (await armed(page)).length === 0, 'it is removed');
  await control(page, 'go-on').click();
  await until(async () => (await control(page, 'halted').count()) === 0, 'time runs again');
  await control(page, 'tab-ladder').click();
  await control(page, 'live').click();
  await real.endAsync(true);
  noTroubles(page);
});

test('the composer sends field by field as the broker, and rubbish as a device', option, async () => {
  const { page } = world;
  await begin(page);
  const real = await device('composed', { clean: true });
  const got = new Promise((resolve) => real.once('message', (topic, payload) => resolve([topic, payload.toString()])));
  await page.locator('[data-device="composed"] .choose').click();
  await control(page, 'device-compose').click();
  await control(page, 'compose-by').selectOption('broker');
  await control(page, 'compose-qos').fill('0');
  await control(page, 'compose-topic').fill('from/nowhere');
  await control(page, 'compose-payload').fill('hello');
  assert.equal(await control(page, 'compose-hex').inputValue(), '30 13 00 0c 66 72 6f 6d 2f 6e 6f 77 68 65 72 65 68 65 6c 6c 6f');
  await control(page, 'compose-send').click();
  assert.deepEqual(await got, ['from/nowhere', 'hello']);
  // A real device cannot be made to send.
  await control(page, 'compose-by').selectOption('device');
  await control(page, 'compose-send').click();
  assert.match(await control(page, 'compose-wrong').innerText(), /real device/);
  await real.endAsync(true);

  await control(page, 'tab-ladder').click();
  await control(page, 'publish-send').click();
  await page.waitForSelector('[data-device="you"][data-state="connected"]');
  await page.locator('[data-device="you"] .choose').click();
  await control(page, 'device-compose').click();
  await control(page, 'compose-hex').fill('ff fg');
  await control(page, 'compose-send').click();
  assert.match(await control(page, 'compose-wrong').innerText(), /Character 5 is "g"/);
  await control(page, 'compose-hex').fill('f0 ff ff ff ff ff');
  await control(page, 'compose-send').click();
  await control(page, 'tab-ladder').click();
  await rowsUntil(page, (all) => all.some(({ text }) => /bad bytes/.test(text)), 'the broker sees that it is no MQTT');
  await page.waitForSelector('[data-device="you"][data-state="offline"]');
  noTroubles(page);
});

/** A line as mosquitto_passwd writes it. */
function passwordLine(user, password) {
  const salt = Buffer.from('twelve bytes');
  return `${user}:$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}`;
}

test('passwords and rights are texts; a wrong line is named', option, async () => {
  const { page } = world;
  await begin(page);
  await control(page, 'tab-access').click();
  await control(page, 'access-passwords').fill(`${passwordLine('anna', 'secret')}\nberta`);
  await control(page, 'access-apply').click();
  assert.match(await control(page, 'access-wrong').innerText(), /line 2/i);
  assert.match(await control(page, 'access-now').innerText(), /user names are not checked/);
  await control(page, 'access-passwords').fill(passwordLine('anna', 'secret'));
  await control(page, 'access-acl').fill('user anna\ntopic readwrite may/#');
  await control(page, 'access-anonymous').uncheck();
  await control(page, 'access-apply').click();
  await control(page, 'access-applied').waitFor();
  await until(async () => /1 user with a password/.test(await control(page, 'access-now').innerText()), 'the numbers tell it');
  const connect = (options) => mqtt.connectAsync(world.ws, { reconnectPeriod: 0, connectTimeout: 5000, protocolVersion: 5, ...options }, false);
  await assert.rejects(connect({ clientId: 'nobody' }), /Not authorized/i);
  await assert.rejects(connect({ clientId: 'liar', username: 'anna', password: 'wrong' }), /Bad User Name or Password|Not authorized/i);
  const anna = await connect({ clientId: 'anna-device', username: 'anna', password: 'secret' });
  const [granted] = await anna.subscribeAsync('may/read', { qos: 0 });
  assert.equal(granted.qos, 0);
  await assert.rejects(anna.publishAsync('must/not', 'x', { qos: 1 }), /Not authorized/i);
  await anna.endAsync(true);
  // Open again, for whoever comes next.
  await control(page, 'access-passwords').fill('');
  await control(page, 'access-acl').fill('');
  await control(page, 'access-anonymous').check();
  await control(page, 'access-apply').click();
  await until(async () => /user names are not checked/.test(await control(page, 'access-now').innerText()), 'it is open again');
  await control(page, 'mode-strict').click();
  await until(async () => (await control(page, 'mode-strict').getAttribute('aria-pressed')) === 'true', 'the broker is strict');
  await control(page, 'mode-explain').check();
  await until(async () => (await control(page, 'mode-strict').getAttribute('aria-pressed')) === 'false', 'who explains is friendly');
  await control(page, 'tab-ladder').click();
  noTroubles(page);
});
