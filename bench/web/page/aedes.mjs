// Drives aedes over in-memory streams, one for each client.

import { Duplex } from "stream";
import { Aedes } from "aedes";
import { pair } from "./pair.mjs";
import { ANSWER, connect, Peer, publishes, subscribe } from "./peer.mjs";

/** A client at one end of a pair of streams: each packet is written by itself, as MQTT.js and others do it, and comes by itself. */
class Socket {
  constructor(broker, peer) {
    const [mine, its] = pair();
    this.peer = peer;
    this.end = mine;
    this.onProgress = () => {};
    mine.on("data", (chunk) => {
      peer.feed(chunk);
      if (peer.answered > 0) this.send(Buffer.from(peer.takeAnswer()), ANSWER);
      this.onProgress();
    });
    broker.handle(its);
  }

  send(bytes, each = bytes.length) {
    for (let at = 0; at < bytes.length; at += each) this.end.write(bytes.subarray(at, at + each));
  }
}

/** A client that is no stream at all, and whose packets come merged: all that is sent at once is one piece, all that came is answered in one.
 * The client's end is a peer; what it answers is pushed once for all that came at once. */
class Wire extends Duplex {
  constructor(broker, peer) {
    super({ writableHighWaterMark: 1 << 20, readableHighWaterMark: 1 << 20 });
    this.peer = peer;
    this.planned = false;
    this.onProgress = () => {};
    broker.handle(this);
  }

  send(bytes) {
    this.push(bytes);
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.peer.feed(chunk);
    this.after();
    done();
  }

  _writev(chunks, done) {
    for (const { chunk } of chunks) this.peer.feed(chunk);
    this.after();
    done();
  }

  after() {
    if (!this.planned) {
      this.planned = true;
      queueMicrotask(() => {
        this.planned = false;
        if (this.peer.answered > 0) this.push(Buffer.from(this.peer.takeAnswer()));
        this.onProgress();
      });
    }
  }
}

export class AedesBroker {
  static async make({ subscribers, qos, merged }) {
    const broker = await Aedes.createBroker();
    const made = new AedesBroker(broker, qos);
    for (let n = 0; n <= subscribers; n++) {
      const wire = new (merged ? Wire : Socket)(broker, new Peer());
      made.wires.push(wire);
      wire.send(Buffer.from(connect(`client-${n}`)));
      await made.until(() => wire.peer.others === 1);
      if (n > 0) {
        wire.send(Buffer.from(subscribe(qos)));
        await made.until(() => wire.peer.others === 2);
      }
    }
    return made;
  }

  constructor(broker, qos) {
    this.broker = broker;
    this.qos = qos;
    this.wires = [];
  }

  /** Resolves as soon as the condition holds; it is asked whenever a client has got something. */
  until(condition) {
    return new Promise((resolve) => {
      const ask = () => {
        if (condition()) {
          for (const wire of this.wires) wire.onProgress = () => {};
          resolve();
        }
      };
      for (const wire of this.wires) wire.onProgress = ask;
      ask();
    });
  }

  /** As GlassMq.run. */
  async run(count, piece) {
    const chunk = Buffer.from(publishes(piece, this.qos, 1));
    const [publisher, ...subscribers] = this.wires;
    const received = subscribers.map((wire) => wire.peer.received);
    const finished = publisher.peer.finished;
    const begin = performance.now();
    for (let sent = piece; sent <= count; sent += piece) {
      publisher.send(chunk, chunk.length / piece);
      const last = subscribers.length - 1;
      await this.until(() => {
        // The last subscriber is the last to be served: looking at all of them each time would be charged to the broker.
        if (subscribers[last].peer.received - received[last] < sent) return false;
        if (this.qos > 0 && publisher.peer.finished - finished < sent) return false;
        return subscribers.every((wire, n) => wire.peer.received - received[n] >= sent);
      });
    }
    return performance.now() - begin;
  }

  close() {
    return new Promise((resolve) => this.broker.close(resolve));
  }
}
