// A client that breaks off in the middle of a QoS 1 or 2 handshake and comes back gets what was in flight, marked as sent again, and
// nothing twice. The clients here speak MQTT by hand, for a good client never falls silent where it hurts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { noTroubles, startBroker } from './harness.mjs';
import { Wire, ack, publish, subscribe } from './wire.mjs';

// How long to listen for what must not come.
const QUIET = 300;

let broker;
before(async () => (broker = await startBroker()));
after(async () => broker?.close());

let ids = 0;

/** A subscriber whose session outlives its connection, subscribed to a topic of its own, and a publisher. */
async function begin(version, qos) {
  const id = `resume-${process.pid}-${++ids}`;
  const topic = `resume/${id}`;
  const [subscriber, connack] = await Wire.connect(broker, { id, version, clean: true, keep: true });
  assert.deepEqual([connack.code, connack.sessionPresent], [0, false]);
  if (version !== '5') {
    // In 3.1.1 a clean session cannot outlive its connection, so the one that lasts begins with the next connection.
    await subscriber.leave();
    return withSubscription(id, topic, version, qos, (await Wire.connect(broker, { id, version }))[0]);
  }
  return withSubscription(id, topic, version, qos, subscriber);
}

async function withSubscription(id, topic, version, qos, subscriber) {
  subscriber.send(subscribe({ version, packetId: 1, filter: topic, qos }));
  assert.equal((await subscriber.next('suback')).code, qos);
  const [publisher] = await Wire.connect(broker, { id: `${id}-publisher`, version, clean: true, keep: false });
  return { id, topic, version, qos, subscriber, publisher };
}

/** Publishes at QoS 2, so that both QoS are possible for the subscriber, and waits until the broker has taken it. */
async function tell({ publisher, topic, version }, payload, packetId = 1) {
  publisher.send(publish({ version, topic, payload, qos: 2, packetId }));
  await publisher.next('pubrec');
  publisher.send(ack('pubrel', packetId));
  await publisher.next('pubcomp');
}

/** Comes back; the broker must have kept the session. */
async function resume({ id, version }) {
  const [wire, connack] = await Wire.connect(broker, { id, version });
  assert.deepEqual([connack.code, connack.sessionPresent], [0, true], 'the session is there');
  return wire;
}

/** Leaves and comes back once more: nothing may be left over. */
async function nothingIsLeft(scene, wire) {
  await wire.silence(QUIET);
  await wire.leave();
  const again = await resume(scene);
  await again.silence(QUIET);
  await again.leave();
  await scene.publisher.leave();
}

for (const version of ['3.1.1', '5']) {
  describe(`version ${version}`, { timeout: 60_000 }, () => {
    for (const how of ['cut', 'hangUp']) {
      test(`QoS 1, ${how} before PUBACK: the PUBLISH comes again with DUP`, async () => {
        const scene = await begin(version, 1);
        await tell(scene, 'one');
        const first = await scene.subscriber.next('publish');
        assert.deepEqual([first.dup, first.qos, first.payload], [false, 1, 'one']);
        await scene.subscriber[how]();
        const wire = await resume(scene);
        assert.deepEqual(await wire.next('publish'), { ...first, dup: true });
        wire.send(ack('puback', first.packetId));
        await nothingIsLeft(scene, wire);
      });

      test(`QoS 2, ${how} before PUBREC: the PUBLISH comes again with DUP`, async () => {
        const scene = await begin(version, 2);
        await tell(scene, 'two');
        const first = await scene.subscriber.next('publish');
        assert.deepEqual([first.dup, first.qos, first.payload], [false, 2, 'two']);
        await scene.subscriber[how]();
        const wire = await resume(scene);
        assert.deepEqual(await wire.next('publish'), { ...first, dup: true });
        wire.send(ack('pubrec', first.packetId));
        assert.equal((await wire.next('pubrel')).packetId, first.packetId);
        wire.send(ack('pubcomp', first.packetId));
        await nothingIsLeft(scene, wire);
      });

      test(`QoS 2, ${how} before PUBCOMP: the PUBREL comes again, the PUBLISH does not`, async () => {
        const scene = await begin(version, 2);
        await tell(scene, 'three');
        const { packetId } = await scene.subscriber.next('publish');
        scene.subscriber.send(ack('pubrec', packetId));
        await scene.subscriber.next('pubrel');
        await scene.subscriber[how]();
        const wire = await resume(scene);
        assert.equal((await wire.next('pubrel')).packetId, packetId);
        wire.send(ack('pubcomp', packetId));
        await nothingIsLeft(scene, wire);
      });
    }

    test('QoS 2, gone right after its PUBREC: the PUBREL comes to the new connection', async () => {
      const scene = await begin(version, 2);
      await tell(scene, 'four');
      const { packetId } = await scene.subscriber.next('publish');
      scene.subscriber.send(ack('pubrec', packetId));
      await scene.subscriber.hangUp();
      const wire = await resume(scene);
      assert.equal((await wire.next('pubrel')).packetId, packetId);
      wire.send(ack('pubcomp', packetId));
      await nothingIsLeft(scene, wire);
    });

    test('several in flight come again in their order, then what was published meanwhile, without DUP', async () => {
      const scene = await begin(version, 1);
      const before = [];
      for (const [n, payload] of ['a', 'b', 'c'].entries()) {
        await tell(scene, payload, n + 1);
        before.push(await scene.subscriber.next('publish'));
      }
      scene.subscriber.cut();
      // The broker may learn of the cut late: what it sends into the dead connection comes again with DUP, so wait for it.
      await scene.publisher.silence(QUIET);
      await tell(scene, 'd', 4);
      const wire = await resume(scene);
      for (const first of before) assert.deepEqual(await wire.next('publish'), { ...first, dup: true });
      const last = await wire.next('publish');
      assert.deepEqual([last.payload, last.dup], ['d', false]);
      for (const { packetId } of [...before, last]) wire.send(ack('puback', packetId));
      await nothingIsLeft(scene, wire);
    });

    test('a QoS 2 publisher that repeats itself after a cut reaches the subscriber once', async () => {
      const scene = await begin(version, 2);
      const id = `${scene.id}-again`;
      const [first] = await Wire.connect(broker, { id, version });
      const message = { version, topic: scene.topic, payload: 'once', qos: 2, packetId: 77 };
      first.send(publish(message));
      await first.next('pubrec');
      first.cut();
      const [second, connack] = await Wire.connect(broker, { id, version });
      assert.equal(connack.sessionPresent, true);
      second.send(publish({ ...message, dup: true }));
      assert.equal((await second.next('pubrec')).packetId, 77);
      second.send(ack('pubrel', 77));
      assert.equal((await second.next('pubcomp')).packetId, 77);
      const got = await scene.subscriber.next('publish');
      assert.deepEqual([got.payload, got.dup], ['once', false]);
      scene.subscriber.send(ack('pubrec', got.packetId));
      await scene.subscriber.next('pubrel');
      scene.subscriber.send(ack('pubcomp', got.packetId));
      await second.leave();
      await nothingIsLeft(scene, scene.subscriber);
    });
  });
}

test('the page has no trouble with it', { skip: process.env.GLASSMQ_E2E_BROKER && 'there is no page' }, () => noTroubles(broker.page));
