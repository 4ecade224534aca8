// What Node has and a browser has not, as fast as a browser can do it, so that aedes is not measured by its polyfills.

export { Buffer } from "buffer";

export const process = {
  nextTick: (work, ...args) => queueMicrotask(() => work(...args)),
  env: {},
  platform: "browser",
  version: "v22.0.0",
  versions: {},
  browser: true,
  on() {},
  emitWarning() {},
};

// As in Node: all that is there when the turn comes is done in that turn.
let waiting = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  const now = waiting;
  waiting = [];
  for (const [work, args] of now) work(...args);
};

export function setImmediate(work, ...args) {
  if (waiting.push([work, args]) === 1) channel.port2.postMessage(0);
}

// Node's timers can be told not to keep the program alive.
class Timer {
  constructor(id) {
    this.id = id;
  }
  unref() {
    return this;
  }
  ref() {
    return this;
  }
}
const { setTimeout: set, clearTimeout: clear, setInterval: every } = globalThis;
export const setTimeout = (...args) => new Timer(set(...args));
export const setInterval = (...args) => new Timer(every(...args));
export const clearTimeout = (timer) => clear(timer?.id ?? timer);
export const clearInterval = clearTimeout;
