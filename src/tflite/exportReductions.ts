// Reductions and softmax in TFLite.

import type { GraphNode, GraphValue } from "../graph/index.ts";
import { type Emitter, type Slot, anonymous } from "./emitter.ts";
import type { Writer } from "./exportElements.ts";
import type { Operator } from "./schema.ts";

/** Axes of a reduction, and whether they are kept. */
function reduced({ inputs, outputs, attributes }: GraphNode): {
  axes: number[];
  keepDims: boolean;
} {
  const [{ shape }, { shape: result }] = [inputs[0], outputs[0]] as [GraphValue, GraphValue];
  const given = attributes as number | readonly number[] | undefined;
  const all = shape.map((_, i) => i);
  const axes = given === undefined ? all : typeof given === "number" ? [given] : [...given];
  const keepDims = result.length === shape.length;
  return { axes: axes.map((axis) => (axis < 0 ? axis + shape.length : axis)), keepDims };
}

const reduction =
  (op: Operator): Writer =>
  (to, node) => {
    const { axes, keepDims } = reduced(node);
    const [x] = to.inputs(node) as [Slot];
    if (axes.length === 0) return to.same(x, node);
    to.emit(op, [x, to.integers(axes)], to.result(node), { keepDims });
  };

/** The place of an extreme along one axis, which the operator drops. */
const place =
  (op: "ARG_MAX" | "ARG_MIN"): Writer =>
  (to, node) => {
    const [x] = to.inputs(node) as [Slot];
    const [axis] = reduced(node).axes as [number];
    const shape = x.shape.filter((_, i) => i !== axis);
    const at = to.number(axis, "i32");
    to.toShape(to.emit(op, [x, at], { dtype: "i32", shape }, { outputType: 2 }), node);
  };

/** log Σ eˣ = m + log Σ e^(x − m) with the greatest m. */
const logSumExp: Writer = (to, node) => {
  const { axes } = reduced(node);
  const [x] = to.inputs(node) as [Slot];
  if (axes.length === 0) return to.same(x, node);
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const small = { dtype: x.dtype, shape };
  const most = to.emit("REDUCE_MAX", [x, to.integers(axes)], small, { keepDims: true });
  const powers = to.emit("EXP", [to.emit("SUB", [x, most], anonymous(x))], anonymous(x));
  const sum = to.emit("SUM", [powers, to.integers(axes)], small, { keepDims: true });
  to.toShape(to.emit("ADD", [to.emit("LOG", [sum], small), most], small), node);
};

/** Over the last axis, of rows: the operators know at most four axes. */
const alongLast =
  (op: "SOFTMAX" | "LOG_SOFTMAX"): Writer =>
  (to, node) => {
    const [x] = to.inputs(node) as [Slot];
    const options = op === "SOFTMAX" ? { beta: 1 } : {};
    if (x.shape.length > 0 && x.shape.length <= 4) {
      return void to.emit(op, [x], to.result(node), options);
    }
    const rows = flat(to, x);
    to.toShape(to.emit(op, [rows], anonymous(rows), options), node);
  };

function flat(to: Emitter, x: Slot): Slot {
  const last = x.shape.at(-1) ?? 1;
  return to.reshape(x, [x.shape.slice(0, -1).reduce((n, m) => n * m, 1), last]);
}

/** Writers of reductions. */
export const reductionWriters: Readonly<Record<string, Writer>> = {
  ...{ sum: /* @__PURE__ */ reduction("SUM"), mean: /* @__PURE__ */ reduction("MEAN") },
  ...{ prod: /* @__PURE__ */ reduction("REDUCE_PROD") },
  ...{ max: /* @__PURE__ */ reduction("REDUCE_MAX") },
  ...{ min: /* @__PURE__ */ reduction("REDUCE_MIN") },
  ...{ any: /* @__PURE__ */ reduction("REDUCE_ANY") },
  ...{ all: /* @__PURE__ */ reduction("REDUCE_ALL") },
  ...{ argMax: /* @__PURE__ */ place("ARG_MAX"), argMin: /* @__PURE__ */ place("ARG_MIN") },
  ...{ logSumExp, softmax: /* @__PURE__ */ alongLast("SOFTMAX") },
  logSoftmax: /* @__PURE__ */ alongLast("LOG_SOFTMAX"),
};
