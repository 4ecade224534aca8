// Five ordinary MQTT clients behind two functions: subscribe() and publish().
//
// A broker is `{ tcp: { host, port }, ws: 'ws://…/mqtt' }`. Versions are '3.1.1' and '5'. Each client is used as its users use it; none
// of them knows that the broker is a browser tab.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import mqtt from 'mqtt';

/** Names of all clients. */
export const CLIENTS = ['mqttjs-ws', 'mqttjs-tcp', 'paho-tcp', 'paho-ws', 'mosquitto'];

// Below any Receive Maximum that a broker may reasonably send: MQTT.js does not keep to it by itself.
const WINDOW = 16;
// How long a subscriber still listens when all has come, so that a message that comes twice is seen.
const LINGER = 300;

let ids = 0;
const newId = (client) => `${client}-${process.pid}-${++ids}`;

/**
 * Subscribes with the named client. Resolves after SUBACK to `{ received, close }`: `received` resolves to the payloads in the order
 * in which they came, once `count` of them are there, or rejects after `timeout` ms, saying how many came.
 */
export function subscribe(client, broker, options) {
  const wanted = { id: newId(client), timeout: 60_000, ...options };
  if (client.startsWith('mqttjs')) return mqttjsSubscribe(url(client, broker), wanted);
  if (client === 'mosquitto') return programSubscribe(mosquitto('mosquitto_sub', broker, wanted), wanted, /^Subscribed /, 'm ');
  return programSubscribe(paho('sub', client, broker, wanted), wanted, /^ready$/, '');
}

/** Publishes `payloads` in order with the named client. Resolves when all are acknowledged (QoS 0: sent) and the client has left. */
export function publish(client, broker, options) {
  const wanted = { id: newId(client), timeout: 60_000, count: options.payloads.length, ...options };
  if (client.startsWith('mqttjs')) return mqttjsPublish(url(client, broker), wanted);
  const [program, args] = client === 'mosquitto' ? mosquitto('mosquitto_pub', broker, wanted) : paho('pub', client, broker, wanted);
  return programPublish(program, args, wanted);
}

function url(client, broker) {
  return client === 'mqttjs-ws' ? broker.ws : `mqtt://${broker.tcp.host}:${broker.tcp.port}`;
}

function mqttjsOptions({ id, version, timeout }) {
  return { clientId: id, protocolVersion: version === '5' ? 5 : 4, reconnectPeriod: 0, connectTimeout: timeout, clean: true };
}

async function mqttjsSubscribe(address, wanted) {
  const client = await mqtt.connectAsync(address, mqttjsOptions(wanted), false);
  const payloads = [];
  let full;
  const all = new Promise((resolve) => (full = resolve));
  client.on('message', (_topic, payload) => {
    payloads.push(payload.toString());
    if (payloads.length === wanted.count) full();
  });
  await client.subscribeAsync(wanted.topic, { qos: wanted.qos });
  const close = () => client.endAsync(true);
  const received = (async () => {
    const late = sleep(wanted.timeout, 'late', { ref: false });
    if ((await Promise.race([all, late])) === 'late') throw new Error(`${payloads.length} of ${wanted.count} messages came`);
    await sleep(LINGER);
    await close();
    return payloads;
  })();
  received.catch(() => {});
  return { received, close };
}

async function mqttjsPublish(address, wanted) {
  const client = await mqtt.connectAsync(address, mqttjsOptions(wanted), false);
  const underway = new Set();
  for (const payload of wanted.payloads) {
    const one = client.publishAsync(wanted.topic, payload, { qos: wanted.qos }).finally(() => underway.delete(one));
    underway.add(one);
    if (underway.size >= WINDOW) await Promise.race(underway);
  }
  await Promise.all(underway);
  await client.endAsync();
}

function mosquitto(program, broker, { id, version, topic, qos, count, timeout }) {
  const args = ['-h', broker.tcp.host, '-p', String(broker.tcp.port), '-V', version === '5' ? 'mqttv5' : 'mqttv311'];
  args.push('-i', id, '-t', topic, '-q', String(qos));
  if (program === 'mosquitto_pub') return [program, [...args, '-l']];
  // -d tells of the SUBACK, at once only where lines are not held back; the format sets messages apart from what it tells.
  return ['stdbuf', ['-oL', program, ...args, '-d', '-F', 'm %p', '-C', String(count), '-W', String(Math.ceil(timeout / 1000))]];
}

function paho(role, client, broker, { id, version, topic, qos, count, timeout }) {
  const ws = new URL(broker.ws);
  const [transport, host, port] = client === 'paho-ws' ? ['websockets', ws.hostname, ws.port] : ['tcp', broker.tcp.host, broker.tcp.port];
  const script = fileURLToPath(new URL('paho_client.py', import.meta.url));
  const args = [script, role, '--transport', transport, '--host', host, '--port', String(port), '--path', ws.pathname, '--version', version];
  args.push('--id', id, '--topic', topic, '--qos', String(qos), '--count', String(count), '--timeout', String(timeout / 1000));
  const venv = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
  return [process.env.GLASSMQ_PYTHON ?? venv, args];
}

/** Starts a program; `ended` resolves to what it said on standard error, or rejects with that when it fails. */
function start(program, args) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (part) => (complaint += part));
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${program}: ${error.message}`)));
    child.on('close', (code) => (code === 0 ? resolve(complaint) : reject(new Error(`${program} ended with ${code}: ${complaint}`))));
  });
  ended.catch(() => {});
  return { child, ended };
}

async function programSubscribe([program, args], wanted, readyLine, prefix) {
  const { child, ended } = start(program, args);
  const payloads = [];
  let ready;
  const isReady = new Promise((resolve) => (ready = resolve));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (readyLine.test(line)) ready();
    else if (line.startsWith(prefix)) payloads.push(line.slice(prefix.length));
  });
  await Promise.race([isReady, ended.then(() => Promise.reject(new Error(`${program} ended before it had subscribed`)))]);
  const received = ended.then(
    () => payloads,
    (error) => Promise.reject(new Error(`${payloads.length} of ${wanted.count} messages came; ${error.message}`)),
  );
  received.catch(() => {});
  return { received, close: async () => child.kill() };
}

async function programPublish(program, args, wanted) {
  const { child, ended } = start(program, args);
  child.stdout.resume();
  // A program that ends early breaks the pipe; its status tells why.
  child.stdin.on('error', () => {});
  child.stdin.end(wanted.payloads.map((payload) => `${payload}\n`).join(''));
  const late = sleep(wanted.timeout, 'late', { ref: false });
  if ((await Promise.race([ended, late])) !== 'late') return;
  child.kill();
  throw new Error(`${program} did not get its ${wanted.count} messages acknowledged within ${wanted.timeout} ms`);
}
