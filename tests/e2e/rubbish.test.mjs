// Whatever comes to the ports that is no MQTT ends in a closed connection and a row that says why, while other clients go on.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import mqtt from 'mqtt';
import WebSocket from 'ws';

import { noTroubles, rows, rowsUntil, startWorld } from './harness.mjs';
import { connect } from './wire.mjs';

let world;
before(async () => (world = await startWorld()));
after(async () => world?.close());

/** Bytes that are the same in every run. */
function noise(length, seed) {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const HELLO = connect({ id: 'rubbish', version: '3.1.1', clean: true, keep: false });

// A row says why when it says what the broker could not read, or how the other end went.
const BAD = /bad bytes/i;
const GONE = /link cut/i;

const CASES = [
  { name: 'an HTTP request', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'), why: BAD },
  { name: 'a TLS ClientHello', bytes: Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), noise(508, 7)]), why: BAD },
  { name: 'random bytes', bytes: noise(4096, 11), why: BAD },
  { name: 'a CONNECT of 256 MB', bytes: Buffer.concat([Buffer.from('10ffffff7f00044d515454', 'hex')]), why: BAD },
  { name: 'a length of five bytes', bytes: Buffer.from('10ffffffff01', 'hex'), why: BAD },
  { name: 'a CONNECT with reserved flags', bytes: Buffer.concat([Buffer.from([0x1f]), HELLO.subarray(1)]), why: BAD },
  { name: 'a PUBLISH before any CONNECT', bytes: Buffer.from('30050001615858', 'hex'), why: BAD },
  { name: 'a cut packet, then the end', bytes: HELLO.subarray(0, 9), end: true, why: GONE },
  { name: 'nothing at all, then the end', bytes: Buffer.alloc(0), end: true, why: GONE },
];

/** Sends bytes over TCP; resolves when the other end has closed. */
function overTcp({ bytes, end }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(world.tcp.port, world.tcp.host, () => (end ? socket.end(bytes) : socket.write(bytes)));
    const timer = setTimeout(() => reject(new Error('the connection was not closed within 10 s')), 10_000);
    // A reset is a way of closing too.
    socket.on('error', () => {});
    socket.on('close', () => resolve(clearTimeout(timer)));
    socket.resume();
  });
}

/** Sends over WebSocket; resolves when the other end has closed. */
function overWs(data) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(world.ws, ['mqtt']);
    const timer = setTimeout(() => reject(new Error('the WebSocket was not closed within 10 s')), 10_000);
    socket.on('open', () => socket.send(data));
    socket.on('error', reject);
    socket.on('close', () => resolve(clearTimeout(timer)));
  });
}

/** Waits for a row, newer than those there were, that says why. */
async function newRow(from, why, name) {
  const holds = (all) => all.some((row) => row.n > from && why.test(row.text));
  const found = (await rowsUntil(world.page, holds, `a row after ${from} says why ${name} was closed`)).find((row) => row.n > from && why.test(row.text));
  return found;
}

const lastRow = async () => (await rows(world.page)).at(-1)?.n ?? -1;

test('rubbish is closed with a row that says why, and other clients go on', { timeout: 180_000 }, async (t) => {
  const good = await mqtt.connectAsync(world.ws, { clientId: 'undisturbed', reconnectPeriod: 0, protocolVersion: 5 }, false);
  const got = [];
  let closed = false;
  good.on('close', () => (closed = true));
  good.on('message', (_topic, payload) => got.push(Number(payload)));
  await good.subscribeAsync('rubbish/undisturbed', { qos: 1 });
  let sent = 0;
  let running = true;
  const traffic = (async () => {
    for (; running; await sleep(100)) await good.publishAsync('rubbish/undisturbed', String(sent++), { qos: 1 });
  })();

  for (const one of CASES) {
    await t.test(one.name, { timeout: 30_000 }, async () => {
      const from = await lastRow();
      await overTcp(one);
      await newRow(from, one.why, one.name);
    });
    if (one.why === BAD) {
      await t.test(`${one.name}, over WebSocket`, { timeout: 30_000 }, async () => {
        const from = await lastRow();
        await overWs(one.bytes);
        await newRow(from, one.why, one.name);
      });
    }
  }
  await t.test('a text frame', { timeout: 30_000 }, async () => {
    const from = await lastRow();
    await overWs('hello');
    const row = await newRow(from, /text|binary/i, 'a text frame');
    assert.match(row.text, GONE);
  });

  running = false;
  await traffic;
  const end = Date.now() + 10_000;
  while (got.length < sent && Date.now() < end) await sleep(20);
  assert.equal(closed, false, 'the good client was never closed');
  assert.deepEqual(got, Array.from({ length: sent }, (_, n) => n), 'the good client lost nothing');
  await good.endAsync();
});

test('the page has no trouble with it', () => noTroubles(world.page));
