// ONNX reductions, running sums and softmax.

import * as renga from "./library.ts";
import { type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";
import { notMapped } from "./value.ts";

interface Keep {
  readonly keepDims: boolean;
}

type Reduce = (x: Tensor, axes: number[] | undefined, keep: Keep) => Tensor;

/** Axes are an input, or an attribute in older versions; none means all, or none on request. */
function reduction(op: Reduce): Run {
  return (call) => {
    const given = call.numbers(1, "axes");
    const isNone = given === undefined || given.length === 0;
    const axes = isNone && !call.flag("noop_with_empty_axes") ? undefined : (given ?? []);
    return op(call.x(), axes, { keepDims: call.flag("keepdims", true) });
  };
}

/** An extreme; of booleans through integers. */
function extreme(op: Reduce): Run {
  return reduction((x, axes, keep) => {
    if (x.size === 0) return notMapped("extremes over an empty axis are an error here");
    return x.dtype === "bool" ? cast(op(cast(x, "u32"), axes, keep), "bool") : op(x, axes, keep);
  });
}

function argument(op: typeof renga.argMax): Run {
  return (call) => {
    const [axis, keepDims] = [call.attr("axis", 0), call.flag("keepdims", true)];
    if (!call.flag("select_last_index")) return op(call.x(), axis, { keepDims });
    const last = op(renga.flip(call.x(), axis), axis, { keepDims });
    return renga.sub((call.x().shape.at(axis) as number) - 1, last);
  };
}

function scan(op: typeof renga.cumSum): Run {
  return (call) => {
    const [exclusive, reverse] = [call.flag("exclusive"), call.flag("reverse")];
    return op(call.x(), call.number(1), { exclusive, reverse });
  };
}

/** Before version 13 the axes from `axis` on, 1 by default, were one. */
function alongRows(op: (x: Tensor, axis: number) => Tensor): Run {
  return (call) => {
    const x = call.x();
    if (call.opset >= 13) return op(x, call.attr("axis", -1));
    const given = call.attr("axis", 1);
    const axis = given < 0 ? given + x.rank : given;
    const rows = x.shape.slice(0, axis).reduce((product, n) => product * n, 1);
    return renga.reshape(op(renga.reshape(x, [rows, -1]), -1), x.shape);
  };
}

/** 1 at the largest element along an axis, else 0. */
function hardmax(x: Tensor, axis: number): Tensor {
  const depth = x.shape.at(axis) as number;
  const hot = renga.oneHot(renga.argMax(x, axis), depth);
  const at = axis < 0 ? axis + x.rank : axis;
  const order = Array.from({ length: x.rank - 1 }, (_, i) => i).toSpliced(at, 0, x.rank - 1);
  return renga.transpose(hot, order);
}

/** (x − mean) / √(variance + 1e-9), as the op's definition in functions. */
function normalizeVariance(call: Call): Tensor {
  const { mean, variance } = renga.moments(call.x(), call.list("axes") ?? [0, 2, 3], {
    keepDims: true,
  });
  return call.x().sub(mean).div(variance.sqrt().add(1e-9));
}

export const REDUCTIONS: Readonly<Record<string, Run>> = {
  ArgMax: argument(renga.argMax),
  ArgMin: argument(renga.argMin),
  CumProd: scan(renga.cumProd),
  CumSum: scan(renga.cumSum),
  Hardmax: alongRows(hardmax),
  LogSoftmax: alongRows(renga.logSoftmax),
  LpNormalization: (call) => {
    const [axis, ord] = [call.attr("axis", -1), call.attr("p", 2)];
    const length = renga.norm(call.x(), axis, { ord, keepDims: true });
    return renga.where(renga.equal(length, 0), 0, renga.div(call.x(), length));
  },
  MeanVarianceNormalization: normalizeVariance,
  ReduceL1: reduction((x, axes, keep) => renga.norm(x, axes, { ord: 1, ...keep })),
  ReduceL2: reduction((x, axes, keep) => renga.norm(x, axes, keep)),
  ReduceLogSum: reduction((x, axes, keep) => renga.log(renga.sum(x, axes, keep))),
  ReduceLogSumExp: reduction((x, axes, keep) => {
    if (x.size === 0) return notMapped("extremes over an empty axis are an error here");
    return renga.logSumExp(x, axes, keep);
  }),
  ReduceMax: extreme(renga.max),
  ReduceMean: reduction(renga.mean),
  ReduceMin: extreme(renga.min),
  ReduceProd: reduction(renga.prod),
  ReduceSum: reduction(renga.sum),
  ReduceSumSquare: reduction((x, axes, keep) => renga.sum(renga.square(x), axes, keep)),
  Softmax: alongRows(renga.softmax),
};
