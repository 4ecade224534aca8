// Ordinary clients exchange 1,000 messages at each QoS, in versions 3.1.1 and 5, through the broker in the tab: none is lost, QoS 1
// and 2 keep their order, none comes twice.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CLIENTS, publish, subscribe } from './clients.mjs';
import { noTroubles, startBroker } from './harness.mjs';

const COUNT = 1000;

let broker;
before(async () => (broker = await startBroker()));
after(async () => broker?.close());

/** Checks what a subscriber got against what was sent. */
function check(received, sent, qos, who) {
  const seen = new Set(received);
  const lost = sent.filter((payload) => !seen.has(payload));
  assert.deepEqual(lost, [], `${who}: ${lost.length} messages were lost`);
  // A QoS 1 message may come twice by the standard, but only after a reconnection, and none happens here.
  assert.equal(received.length, sent.length, `${who}: messages came twice`);
  if (qos > 0) assert.deepEqual(received, sent, `${who}: the order is not kept`);
}

/** One client publishes, one or more subscribe. */
async function exchange(publisher, subscribers, qos, publisherVersion, subscriberVersion, name) {
  const topic = `exchange/${name}/${publisher}`;
  const sent = Array.from({ length: COUNT }, (_, n) => `${publisher} ${n}`);
  const listening = await Promise.all(
    subscribers.map((client) => subscribe(client, broker, { topic, qos, version: subscriberVersion, count: COUNT })),
  );
  await publish(publisher, broker, { topic, qos, version: publisherVersion, payloads: sent });
  for (const [at, { received }] of listening.entries()) {
    check(await received, sent, qos, `${publisher} to ${subscribers[at]}`);
  }
}

/** Each client publishes to the one that is `apart` places after it, all at the same time. */
function ring(apart, qos, publisherVersion, subscriberVersion, name) {
  return Promise.all(
    CLIENTS.map((client, at) => {
      const subscriber = CLIENTS[(at + apart) % CLIENTS.length];
      return exchange(client, [subscriber], qos, publisherVersion, subscriberVersion, name);
    }),
  );
}

for (const qos of [0, 1, 2]) {
  for (const [apart, version] of [[1, '3.1.1'], [2, '5']]) {
    test(`every client sends and gets ${COUNT} messages, QoS ${qos}, version ${version}`, { timeout: 120_000 }, () =>
      ring(apart, qos, version, version, `${version}/${qos}`));
  }
  test(`one client sends ${COUNT} messages to all, across versions, QoS ${qos}`, { timeout: 120_000 }, async () => {
    await exchange('mqttjs-ws', CLIENTS, qos, '5', '3.1.1', `down/${qos}`);
    await exchange('mosquitto', CLIENTS, qos, '3.1.1', '5', `up/${qos}`);
  });
}

test('the page has no trouble with it', { skip: process.env.GLASSMQ_E2E_BROKER && 'there is no page' }, () => noTroubles(broker.page));
