// Drives GlassMQ's machine as its relay does: batches of records in, batches of records out, credit for what came.

import { ANSWER, connect, Peer, publishes, subscribe } from "./peer.mjs";

const CLAIMED_WELCOME = 2;
const OPEN = 6;
const DATA = 7;
const CREDIT = 8;
const HEADER = 9;
const FOUR = new Uint8Array(4);

/** A batch that grows. */
class Batch {
  constructor() {
    this.bytes = new Uint8Array(1 << 16);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
  }

  record(kind, conn, body) {
    this.room(HEADER + body.length);
    this.head(kind, conn, body.length);
    this.bytes.set(body, this.length);
    this.length += body.length;
  }

  room(length) {
    if (this.length + length > this.bytes.length) {
      const larger = new Uint8Array((this.length + length) * 2);
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
  }

  head(kind, conn, length) {
    this.bytes[this.length] = kind;
    this.view.setUint32(this.length + 1, conn, true);
    this.view.setUint32(this.length + 5, length, true);
    this.length += HEADER;
  }

  credit(conn, bytes) {
    this.record(CREDIT, conn, FOUR);
    this.view.setUint32(this.length - 4, bytes, true);
  }

  /** The bytes as DATA records of this length each; without a length as one record. */
  data(conn, bytes, each = bytes.length) {
    for (let at = 0; at < bytes.length; at += each) this.record(DATA, conn, bytes.subarray(at, at + each));
  }

  /** The same for the first `length` bytes in many short records, without an object for each: no collector must clear up behind the driver. */
  answers(conn, bytes, length) {
    this.room((length / ANSWER) * (HEADER + ANSWER));
    for (let at = 0; at < length; at += ANSWER) {
      this.head(DATA, conn, ANSWER);
      for (let n = 0; n < ANSWER; n++) this.bytes[this.length++] = bytes[at + n];
    }
  }

  /** Records that are written already. */
  append(records) {
    this.room(records.length);
    this.bytes.set(records, this.length);
    this.length += records.length;
  }

  take() {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
}

export class GlassMq {
  /** `merged`: what a client sends at once comes in one record, else each packet comes in its own. */
  constructor(Machine, { trace, subscribers, qos, merged }) {
    this.merged = merged;
    this.machine = new Machine(trace);
    this.peers = Array.from({ length: subscribers + 1 }, () => new Peer());
    this.owed = new Float64Array(subscribers + 1);
    this.qos = qos;
    this.batch = new Batch();
    const text = new TextEncoder();
    this.batch.record(CLAIMED_WELCOME, 0, text.encode("bench\n"));
    this.peers.forEach((_, conn) => {
      this.batch.record(OPEN, conn, Uint8Array.of(0, ...text.encode(`127.0.0.1:${conn + 1}`)));
      this.batch.record(DATA, conn, connect(`client-${conn}`));
      if (conn > 0) this.batch.record(DATA, conn, subscribe(qos));
    });
    this.turn();
    if (this.peers.some((peer, conn) => peer.others !== (conn > 0 ? 2 : 1))) throw new Error("GlassMQ: somebody is not connected");
  }

  /** Publishes `count` messages in pieces of `piece`, and is back when all are delivered and acknowledged. Gives milliseconds. */
  run(count, piece) {
    const chunk = publishes(piece, this.qos, 1);
    // Written once: the relay, which writes them in the product, is another program on another processor.
    const records = new Batch();
    records.data(0, chunk, this.merged ? chunk.length : chunk.length / piece);
    const written = records.take();
    const before = this.peers.map((peer) => peer.received);
    const begin = performance.now();
    for (let sent = 0; sent < count; sent += piece) {
      this.batch.append(written);
      while (this.batch.length > 0) this.turn();
    }
    const took = performance.now() - begin;
    this.peers.forEach((peer, conn) => {
      const got = peer.received - before[conn];
      if (got !== (conn > 0 ? count : 0)) throw new Error(`GlassMQ: client ${conn} got ${got} of ${count} messages`);
    });
    return took;
  }

  turn() {
    this.machine.turn(performance.now() * 1000, this.batch.take(), this);
    for (let conn = 0; conn < this.peers.length; conn++) {
      const peer = this.peers[conn];
      if (peer.answered > 0 && this.merged) this.batch.record(DATA, conn, peer.takeAnswer());
      if (peer.answered > 0) {
        this.batch.answers(conn, peer.answer, peer.answered);
        peer.answered = 0;
      }
      // As the relay does: credit is given when it is worth a record.
      if (this.owed[conn] >= 16 * 1024) {
        this.batch.credit(conn, this.owed[conn]);
        this.owed[conn] = 0;
      }
    }
  }

  /** What a WebSocket's `send` is to the product: the batch is lent for the length of the call. */
  send(out) {
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    for (let at = 0; at < out.length; ) {
      const conn = view.getUint32(at + 1, true);
      const length = view.getUint32(at + 5, true);
      if (out[at] === DATA) {
        this.peers[conn].feed(out, at + HEADER, at + HEADER + length);
        this.owed[conn] += length;
      }
      at += HEADER + length;
    }
  }

  counted() {
    return this.machine.counted();
  }

  close() {
    this.machine.free();
  }
}
