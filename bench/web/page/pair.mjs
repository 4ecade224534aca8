// Two ends of an in-memory stream.

import { Duplex } from "stream";

/** As Node's documentation and its `stream.duplexPair` have it: what is written comes out as it was written, and the next when that was read. */
class End extends Duplex {
  constructor() {
    super();
    this.other = null;
    this.written = null;
  }

  _read() {
    const written = this.written;
    if (written) {
      this.written = null;
      written();
    }
  }

  _write(chunk, _encoding, done) {
    this.other.written = done;
    this.other.push(chunk);
  }

  _final(done) {
    this.other.once("end", done);
    this.other.push(null);
  }
}

export function pair() {
  const ends = [new End(), new End()];
  [ends[0].other, ends[1].other] = [ends[1], ends[0]];
  return ends;
}
