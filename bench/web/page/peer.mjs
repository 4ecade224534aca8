// A client of MQTT 3.1.1 that costs as little as a client can: the same for GlassMQ and for aedes, so that what differs is the broker.

export const TOPIC = "plant/7/line/3/motor/12/temperature";
export const PAYLOAD = 64;

/** Bytes of a PUBACK, PUBREC, PUBREL or PUBCOMP. */
export const ANSWER = 4;

const bytes = (text) => new TextEncoder().encode(text);
const counted = (data) => [data.length >> 8, data.length & 255, ...data];

function packet(first, body) {
  const length = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([first, ...length, ...body]);
}

export function connect(name) {
  return packet(0x10, [...counted(bytes("MQTT")), 4, 2, 0, 0, ...counted(bytes(name))]);
}

export function subscribe(qos) {
  return packet(0x82, [0, 1, ...counted(bytes(TOPIC)), qos]);
}

/** PUBLISH packets in one piece, with identifiers from `firstId` on. */
export function publishes(count, qos, firstId) {
  const one = (id) => {
    const head = qos > 0 ? [id >> 8, id & 255] : [];
    return packet(0x30 | (qos << 1), [...counted(bytes(TOPIC)), ...head, ...new Uint8Array(PAYLOAD).fill(0x61)]);
  };
  return joined(Array.from({ length: count }, (_, n) => one(firstId + n)));
}

export function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const NOTHING = new Uint8Array(0);

/** Reads what the broker sends, counts, and collects what a client must answer. */
export class Peer {
  constructor() {
    this.carry = NOTHING;
    this.received = 0;
    this.finished = 0;
    this.others = 0;
    this.answer = new Uint8Array(4096);
    this.answered = 0;
  }

  /** Takes the bytes of `chunk` from `at` up to `end`. */
  feed(chunk, at = 0, end = chunk.length) {
    let data = chunk;
    if (this.carry.length > 0) {
      data = joined([this.carry, chunk.subarray(at, end)]);
      [at, end] = [0, data.length];
    }
    while (at + 2 <= end) {
      const first = data[at];
      let length = 0;
      let shift = 0;
      let body = at + 1;
      let byte;
      do {
        if (body >= end) {
          body = -1;
          break;
        }
        byte = data[body++];
        length |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      if (body < 0 || body + length > end) break;
      this.packet(first, data, body);
      at = body + length;
    }
    this.carry = at < end ? data.slice(at, end) : NOTHING;
  }

  packet(first, data, body) {
    switch (first >> 4) {
      case 3: {
        this.received++;
        const qos = (first >> 1) & 3;
        if (qos > 0) {
          const at = body + 2 + ((data[body] << 8) | data[body + 1]);
          this.reply(qos === 1 ? 0x40 : 0x50, data[at], data[at + 1]);
        }
        break;
      }
      case 5:
        this.reply(0x62, data[body], data[body + 1]);
        break;
      case 6:
        this.reply(0x70, data[body], data[body + 1]);
        break;
      case 4:
      case 7:
        this.finished++;
        break;
      default:
        this.others++;
    }
  }

  reply(first, high, low) {
    if (this.answered + 4 > this.answer.length) {
      const larger = new Uint8Array(this.answer.length * 2);
      larger.set(this.answer);
      this.answer = larger;
    }
    const at = this.answered;
    this.answer[at] = first;
    this.answer[at + 1] = 2;
    this.answer[at + 2] = high;
    this.answer[at + 3] = low;
    this.answered = at + 4;
  }

  /** What was collected, lent until the next packet is fed. */
  takeAnswer() {
    const taken = this.answer.subarray(0, this.answered);
    this.answered = 0;
    return taken;
  }
}
