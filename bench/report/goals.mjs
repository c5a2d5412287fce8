// What Renga holds itself to, and where it stands. A goal shows up as soon as its figure was measured.

import { PEERS } from "../libraries.mjs";
import { recordsOf } from "../results.mjs";
import { WORKLOADS } from "../workloads.mjs";
import {
  jsPerDispatch,
  jsPerOp,
  markdownTable,
  short,
  speedup,
  speedupOfBestPeer,
  times,
} from "./tables.mjs";

const atLeast = (name, goal, value) => ({ name, goal: `≥ ${goal}×`, value, ok: value >= goal });
const atMost = (name, goal, value) => ({ name, goal: `≤ ${goal}×`, value, ok: value <= goal });

const COMPILED = "renga-compiled";
const of = (ops) => WORKLOADS.filter(({ op, perDispatch }) => ops.includes(op) && !perDispatch);
const steps = of(["train"]);
const products = of(["matmul", "matmul_gradient"]);
const streams = of(["affine_relu", "sum_all", "sum_last", "softmax"]);

/** How many times faster than the better of jax-js and TF.js. */
const PEER_GOALS = {
  MLP: 1.9,
  "transformer block": 1.9,
  CNN: 5,
  LSTM: 3.5,
  "tiny LSTM": 30,
};

const DISPATCH_GOALS = { MLP: 15, CNN: 18, "transformer block": 32, LSTM: 76 };
const MEMORY_GOALS = { CNN: 0.5, "transformer block": 0.4, LSTM: 0.25 };

function speedGoals(results) {
  const against = (library, other) => (id) => speedup(results, id, { library, other });
  const ofRaw = against(COMPILED, "raw");
  return [
    ...steps.map(({ id }) => atLeast(`${id}: of raw's speed`, 1, ofRaw(id))),
    ...Object.entries(PEER_GOALS).map(([id, goal]) =>
      atLeast(`${id}: of the best peer's speed`, goal, speedupOfBestPeer(results, id, COMPILED)),
    ),
    ...steps.map(({ id }) =>
      atLeast(`${id}, eager: of TF.js's speed`, 2, against("renga-eager", "tfjs-webgpu")(id)),
    ),
    ...[...products, ...streams].map(({ id }) =>
      atLeast(`${id}: of the best raw kernel's speed`, 0.95, ofRaw(id)),
    ),
  ];
}

function scriptGoals(results) {
  const adds = WORKLOADS.find(({ perOp }) => perOp);
  const perAdd = jsPerOp(results, adds, "renga-eager");
  const replays = WORKLOADS.filter(({ perDispatch }) => perDispatch);
  return [
    {
      name: "JavaScript per tiny op, eager",
      goal: "≤ 6 µs",
      value: perAdd,
      text: `${short(perAdd)} µs`,
      ok: perAdd <= 6,
    },
    ...replays.map((workload) => {
      const [own, raw] = [COMPILED, "raw"].map((name) => jsPerDispatch(results, workload, name));
      return atMost(`JavaScript per dispatch, ${workload.id}: of raw's`, 1.2, own / raw);
    }),
  ];
}

const first = (results, id, library) => recordsOf(results, id, library)[0];

function countGoals(results) {
  const dispatches = Object.entries(DISPATCH_GOALS).map(([id, goal]) => {
    const value = first(results, id, COMPILED)?.calls?.dispatches;
    const name = `${id}: dispatches a step`;
    return { name, goal: `≤ ${goal}`, value, text: String(value), ok: value <= goal };
  });
  const memory = Object.entries(MEMORY_GOALS).map(([id, goal]) => {
    const peaks = PEERS.map((peer) => first(results, id, peer)?.memory?.peak);
    const least = Math.min(...peaks.filter(Number.isFinite));
    const value = first(results, id, COMPILED)?.memory?.peak / least;
    return atMost(`${id}: peak memory, of the best peer's`, goal, value);
  });
  return [...dispatches, ...memory];
}

function coldGoals(results) {
  return steps.map(({ id }) => {
    const total = (library) => first(results, id, library)?.cold?.total;
    const best = Math.min(...PEERS.map(total).filter(Number.isFinite));
    return atMost(`${id}: time to the first step, of the best peer's`, 1, total(COMPILED) / best);
  });
}

function otherGoals({ sizes = [], logged }) {
  const gzip = sizes.find(({ program }) => program === "renga")?.gzip;
  const loop = logged?.rows.find(({ name }) => name.includes("logged every"));
  return [
    {
      name: "MLP training program, minified and gzipped",
      goal: "≤ 40 kB",
      value: gzip,
      text: `${short(gzip / 1000)} kB`,
      ok: gzip <= 40_000,
    },
    atLeast(
      "tiny MLP on Deno: steps/s with its loss logged, of those without",
      0.95,
      loop?.ofUnlogged,
    ),
    atLeast(
      "tiny MLP on Deno: steps/s of SupervisedTrain, of the bare replay's",
      0.95,
      loop?.ofReplay,
    ),
  ];
}

/** All goals whose figures were measured. */
export function goals(results) {
  const parts = [speedGoals, scriptGoals, countGoals, coldGoals, otherGoals];
  const all = parts.flatMap((part) => part(results));
  return all.filter(({ value }) => Number.isFinite(value) && value > 0);
}

export function goalTable(results) {
  const rows = goals(results).map(({ name, goal, value, text, ok }) => {
    return [name, goal, text ?? times(value), ok ? "yes" : "no"];
  });
  return markdownTable(["goal", "wanted", "measured", "met"], rows);
}
