// Measures GlassMQ with and without its trace, and aedes, turn by turn in one engine.

import { AedesBroker } from "./aedes.mjs";
import { GlassMq } from "./glassmq.mjs";

const ROUNDS = 9;

// Rounds before: until the engine has compiled what is hot, and rings and journal have the size that they keep.
const WARM_UP = 3;

// `ours` and `theirs`: messages a turn, so many that a turn takes a tenth of a second or more.
const CASES = [
  { id: "qos0", qos: 0, subscribers: 1, piece: 100, ours: 100_000, theirs: 5_000 },
  { id: "qos1", qos: 1, subscribers: 1, piece: 100, ours: 60_000, theirs: 3_000 },
  { id: "qos2", qos: 2, subscribers: 1, piece: 100, ours: 40_000, theirs: 2_000 },
  { id: "fan-out", qos: 0, subscribers: 100, piece: 10, ours: 1_000, theirs: 50 },
];

const median = (of) => of.toSorted((a, b) => a - b)[of.length >> 1];

/** Nanoseconds a delivery, in turns: without trace, with trace, aedes. `merged`: packets come in pieces of many, else one by one. */
async function measure(Machine, one, merged) {
  const makers = {
    off: async () => new GlassMq(Machine, { ...one, merged, trace: false }),
    on: async () => new GlassMq(Machine, { ...one, merged, trace: true }),
    aedes: async () => AedesBroker.make({ ...one, merged }),
  };
  const contestants = {};
  for (const [name, make] of Object.entries(makers)) contestants[name] = await make();
  const times = { off: [], on: [], aedes: [] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      const count = name === "aedes" ? one.theirs : one.ours;
      const took = await contestant.run(count, one.piece);
      if (round >= 0) times[name].push((took * 1e6) / (count * one.subscribers));
    }
  }
  const counted = [contestants.off.counted(), contestants.on.counted()].map((of) => [...of]);
  if (String(counted[0]) !== String(counted[1])) throw new Error(`the trace changes what happens: ${counted[0]} and ${counted[1]}`);
  for (const contestant of Object.values(contestants)) await contestant.close();
  const ratio = (a, b) => median(times[a].map((time, n) => time / times[b][n]));
  const id = merged ? `merged-${one.id}` : one.id;
  return [
    { id: `core-${id}`, ours: median(times.off), theirs: median(times.aedes), ratio: ratio("aedes", "off") },
    { id: `core-traced-${id}`, ours: median(times.on), theirs: median(times.aedes), ratio: ratio("aedes", "on") },
    { id: `trace-cost-${id}`, ours: median(times.on), theirs: median(times.off), ratio: ratio("on", "off") },
  ];
}

async function main() {
  const { default: init, Machine } = await import("./core.js");
  await init();
  const lines = [];
  const only = new URL(self.location.href).searchParams.get("only");
  const cases = [false, true].flatMap((merged) => CASES.map((one) => ({ one, merged })));
  for (const { one, merged } of cases.filter(({ one }) => !only || one.id === only)) {
    for (const { id, ours, theirs, ratio } of await measure(Machine, one, merged)) {
      lines.push([id, ours.toFixed(2), theirs.toFixed(2), ratio.toFixed(4), "ns"].join("\t"));
    }
  }
  return lines.join("\n");
}

main()
  .then((text) => fetch("/result", { method: "POST", body: text }))
  .catch((error) => fetch("/failure", { method: "POST", body: String(error?.stack ?? error) }));
