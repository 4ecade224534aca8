// MQTT by hand, over a plain TCP socket: for what no well-behaved client does, such as falling silent in mid-handshake.

import net from 'node:net';

const TYPES = ['', 'connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'subscribe', 'suback', 'unsubscribe', 'unsuback',
  'pingreq', 'pingresp', 'disconnect', 'auth'];

const u16 = (number) => Buffer.from([number >> 8, number & 255]);
const utf8 = (text) => Buffer.concat([u16(Buffer.byteLength(text)), Buffer.from(text)]);

/** A Variable Byte Integer. */
export function varint(number) {
  const bytes = [];
  do {
    bytes.push((number % 128) | (number > 127 ? 128 : 0));
    number = Math.floor(number / 128);
  } while (number > 0);
  return Buffer.from(bytes);
}

/** A whole packet: type by name, the four flags, and what follows the length. */
export function packet(type, flags, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(TYPES.indexOf(type) << 4) | flags]), varint(body.length), body]);
}

/** CONNECT; `keep` asks for a session that outlives the connection, `clean` for a new one. Version '3.1.1' or '5'. */
export function connect({ id, version, clean = false, keep = true, keepAlive = 60 }) {
  const five = version === '5';
  // 3.1.1 says both with one flag; 5 keeps a session for as many seconds as property 17 says.
  const properties = five ? (keep ? Buffer.concat([varint(5), Buffer.from([17, 0, 0, 1, 44])]) : varint(0)) : Buffer.alloc(0);
  const flags = clean || (!five && !keep) ? 2 : 0;
  return packet('connect', 0, utf8('MQTT'), Buffer.from([five ? 5 : 4, flags]), u16(keepAlive), properties, utf8(id));
}

/** SUBSCRIBE to one filter. */
export function subscribe({ version, packetId, filter, qos }) {
  return packet('subscribe', 2, u16(packetId), version === '5' ? varint(0) : Buffer.alloc(0), utf8(filter), Buffer.from([qos]));
}

/** PUBLISH. */
export function publish({ version, topic, payload, qos = 0, packetId = 0, dup = false }) {
  const properties = version === '5' ? varint(0) : Buffer.alloc(0);
  return packet('publish', (dup ? 8 : 0) | (qos << 1), utf8(topic), qos > 0 ? u16(packetId) : Buffer.alloc(0), properties, Buffer.from(payload));
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP of success. */
export function ack(type, packetId) {
  return packet(type, type === 'pubrel' ? 2 : 0, u16(packetId));
}

/** Takes one packet off the front of a buffer: `[packet, rest]`, or `null` while it is not all there. */
export function take(buffer, version) {
  let length = 0;
  let at = 1;
  for (; ; at++) {
    if (at >= buffer.length) return null;
    length += (buffer[at] & 127) * 128 ** (at - 1);
    if (buffer[at] < 128) break;
    if (at === 4) throw new Error('the broker sent a length of more than four bytes');
  }
  const end = at + 1 + length;
  if (buffer.length < end) return null;
  return [read(buffer[0], buffer.subarray(at + 1, end), version), buffer.subarray(end)];
}

function read(first, body, version) {
  const type = TYPES[first >> 4];
  if (type === 'connack') return { type, sessionPresent: (body[0] & 1) === 1, code: body[1] };
  if (type === 'publish') return readPublish(first, body, version);
  if (type === 'pingresp' || type === 'disconnect') return { type, code: body[0] ?? 0 };
  // One filter was asked for, so the last byte is its answer, after whatever properties.
  if (type === 'suback') return { type, packetId: body.readUInt16BE(0), code: body.at(-1) };
  return { type, packetId: body.readUInt16BE(0), code: body[2] ?? 0 };
}

function readPublish(first, body, version) {
  const qos = (first >> 1) & 3;
  const topicEnd = 2 + body.readUInt16BE(0);
  const idEnd = topicEnd + (qos > 0 ? 2 : 0);
  // Properties of a version 5 PUBLISH are short here: their length is one byte.
  const begin = version === '5' ? idEnd + 1 + body[idEnd] : idEnd;
  return {
    type: 'publish',
    qos,
    dup: (first & 8) !== 0,
    retain: (first & 1) !== 0,
    topic: body.toString('utf8', 2, topicEnd),
    packetId: qos > 0 ? body.readUInt16BE(topicEnd) : undefined,
    payload: body.toString('utf8', begin),
  };
}

/** A connection whose packets are sent and awaited one by one. */
export class Wire {
  #socket;
  #version;
  #rest = Buffer.alloc(0);
  #packets = [];
  #waiting = [];
  #closed = false;

  /** Connects, without a word of MQTT. */
  static open(broker, version) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(broker.tcp.port, broker.tcp.host);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Wire(socket, version)));
    });
  }

  /** Connects and says CONNECT. Returns the connection and the broker's CONNACK. */
  static async connect(broker, options) {
    const wire = await Wire.open(broker, options.version);
    wire.send(connect(options));
    return [wire, await wire.next('connack')];
  }

  constructor(socket, version) {
    this.#socket = socket;
    this.#version = version;
    socket.on('data', (part) => this.#take(part));
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
  }

  /** Sends bytes as they are. */
  send(...parts) {
    for (const part of parts) this.#socket.write(part);
  }

  /** The next packet, which must be of this type. */
  async next(type, timeout = 15_000) {
    const found = await this.#any(timeout, type);
    if (found.type !== type) throw new Error(`${type.toUpperCase()} was expected, ${JSON.stringify(found)} came`);
    return found;
  }

  /** Fails if a packet comes within this time, in ms. */
  async silence(time) {
    const found = await this.#any(time, 'nothing').catch((error) => error);
    if (!(found instanceof Error)) throw new Error(`silence was expected, ${JSON.stringify(found)} came`);
  }

  /** Resolves when the other end has closed. */
  closed(timeout = 15_000) {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the connection was not closed within ${timeout} ms`)), timeout);
      this.#socket.once('close', () => resolve(clearTimeout(timer)));
    });
  }

  /** Breaks off at once, as a device does that loses its power: a reset, no DISCONNECT. */
  cut() {
    this.#socket.resetAndDestroy();
  }

  /** Ends after all that was sent, but without DISCONNECT. */
  hangUp() {
    return new Promise((resolve) => {
      this.#socket.once('close', resolve);
      this.#socket.end();
    });
  }

  /** Leaves as MQTT wants it. */
  leave() {
    this.send(packet('disconnect', 0));
    return this.hangUp();
  }

  #any(timeout, wanted) {
    if (this.#packets.length > 0) return Promise.resolve(this.#packets.shift());
    if (this.#closed) return Promise.reject(new Error(`${wanted.toUpperCase()} was expected, but the broker had closed`));
    return new Promise((resolve, reject) => {
      const one = { resolve, reject };
      one.timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1);
        reject(new Error(`${wanted.toUpperCase()} was expected, nothing came within ${timeout} ms`));
      }, timeout);
      this.#waiting.push(one);
    });
  }

  #take(part) {
    this.#rest = Buffer.concat([this.#rest, part]);
    for (let taken; (taken = take(this.#rest, this.#version)); ) {
      this.#rest = taken[1];
      const waiting = this.#waiting.shift();
      if (!waiting) this.#packets.push(taken[0]);
      else {
        clearTimeout(waiting.timer);
        waiting.resolve(taken[0]);
      }
    }
  }

  #end() {
    this.#closed = true;
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(new Error('the broker closed the connection'));
    }
  }
}
