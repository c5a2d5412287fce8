// Scaled dot-product attention: plain, or fused so that no scores are kept.

import { DtypeError, ShapeError, UsageError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { type Shape, broadcastShapes, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fused, FusedAttention, launchWeights } from "./attentionKernels.ts";
import type { Attention } from "./attentionLayout.ts";
import { planAttention } from "./attentionPlan.ts";
import { div, mul } from "./binary.ts";
import { matmul } from "./matmul.ts";
import { pad } from "./pad.ts";
import { slice } from "./slice.ts";
import { softmaxVjp } from "./softmax.ts";
import { broadcastTo, sumTo } from "./sum.ts";
import { isWatched, recordJoint } from "./tape.ts";
import { tanh } from "./activations.ts";
import { contiguous } from "./views.ts";
import { inF32 } from "./inF32.ts";

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /**
   * Broadcasts to `[…, T, S]`. Bool: true where a query may attend to a key. f32: added to the
   * scores; at or below −3·10³⁸, as −Infinity is, the pair may not attend.
   */
  readonly mask?: Tensor;
  /** Query i attends to keys j ≤ i only, counted from the start of both. Default false. */
  readonly isCausal?: boolean;
  /** Factor of the scores. Default 1/√D. */
  readonly scale?: number;
  /**
   * c: keeps scaled scores s within ±c as c · tanh(s / c), before the mask. Holds all scores.
   * Default: none.
   */
  readonly softCap?: number;
}

const OP = "scaledDotProductAttention";

/**
 * Values averaged by how well their keys fit each query.
 *
 *   y = softmax(scale · q kᵀ + mask) v
 *
 * A query that may attend to no key gets zeros. Long sequences never hold the `[T, S]` scores,
 * forward and backward (FlashAttention); a gradient for the mask, and second derivatives, do.
 *
 * @param q  `[…, T, D]` f32. Leading axes (batch, heads) broadcast: heads that share keys and
 *           values are `[…, groups, heads, T, D]` against `[…, groups, 1, S, D]`.
 * @param k  `[…, S, D]` f32.
 * @param v  `[…, S, Dv]` f32.
 * @returns  `[…, T, Dv]`. Gradient flows to q, k, v and an f32 mask.
 * @throws {ShapeError} if the lengths disagree or the mask does not broadcast to the scores.
 * @see Vaswani et al. 2017, Attention Is All You Need, §3.2; Dao et al. 2022, FlashAttention.
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  if (q.dtype === "f16") return inF32(scaledDotProductAttention, q, k, v, options);
  const job = check(q, k, v, options);
  if (options.softCap !== undefined) return matmul(weightsOf(q, k, job, options.softCap), v);
  const [depth, valueDepth] = [q.shape.at(-1) as number, v.shape.at(-1) as number];
  const plan = planAttention(
    {
      ...{ batch: sizeOf(job.batchShape), queries: job.queries, keys: job.keys },
      ...{ depth, valueDepth },
      isDifferentiated: isWatched(q, k, v),
      isMaskWatched: job.mask !== undefined && isWatched(job.mask),
    },
    device().info.adapterClass,
  );
  if (plan.kernel === "plain") return matmul(weightsOf(q, k, job), v);
  const size = sizeOf(job.batchShape) * job.queries * valueDepth;
  if (size === 0 || job.keys === 0) return matmul(weightsOf(q, k, job), v);
  const y = fused(
    plan.kernel,
    withDepth(q, plan.depth),
    withDepth(k, plan.depth),
    withDepth(v, plan.depth),
    job,
  );
  if (valueDepth === plan.depth) return y;
  return slice(y, [...y.shape.slice(1).map(() => null), [0, valueDepth]]);
}

/** @throws {RengaError} unless the operands fit together. */
function check(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Attention {
  const { mask, isCausal = false } = options;
  for (const x of [q, k, v]) requireDtype(OP, x.dtype, ["f32"]);
  const got = `q ${shapeText(q.shape)}, k ${shapeText(k.shape)} and v ${shapeText(v.shape)}`;
  if (q.rank < 2 || k.rank < 2 || v.rank < 2) {
    const remedy = "Pass [T, D], [S, D] and [S, Dv] with any axes before them.";
    throw new ShapeError(OP, "q, k and v must have at least two axes", { got, remedy });
  }
  const depth = q.shape.at(-1) as number;
  const [queries, keys] = [q.shape.at(-2) as number, k.shape.at(-2) as number];
  if (k.shape.at(-1) !== depth || v.shape.at(-2) !== keys) {
    throw new ShapeError(OP, "q and k must have rows of one length, k and v as many rows", {
      got,
      remedy: "Pass q [..., T, D], k [..., S, D] and v [..., S, Dv].",
    });
  }
  const scale = options.scale ?? 1 / Math.sqrt(depth);
  if (depth > 0 && !Number.isFinite(scale)) {
    throw new UsageError(OP, "the scale must be a finite number", { got: `${scale}` });
  }
  const { softCap = 1 } = options;
  if (!(Number.isFinite(softCap) && softCap > 0)) {
    throw new UsageError(OP, "softCap must be a positive number", {
      got: `${softCap}`,
      remedy: "Leave it out for scores without a limit.",
    });
  }
  const pair = broadcastShapes(OP, q.shape.slice(0, -2), k.shape.slice(0, -2));
  const batchShape = broadcastShapes(OP, pair, v.shape.slice(0, -2));
  if (mask !== undefined) checkMask(mask, [...batchShape, queries, keys]);
  return { batchShape, queries, keys, mask, isCausal, scale };
}

function checkMask(mask: Tensor, scores: Shape): void {
  if (mask.dtype !== "bool" && mask.dtype !== "f32") {
    throw new DtypeError(OP, "the mask must be bool or f32", {
      got: mask.dtype,
      remedy: 'Cast it: mask.cast("bool") is true where a query may attend.',
    });
  }
  const shared = mask.shape.every((n, i) => {
    const length = scores[i + scores.length - mask.rank];
    return n === 1 || n === length;
  });
  if (mask.rank <= scores.length && shared) return;
  throw new ShapeError(OP, "the mask must broadcast to the scores", {
    got: `a mask ${shapeText(mask.shape)} for scores ${shapeText(scores)}`,
    remedy: "Its last axes are queries and keys: expandDims() adds the axis of the heads.",
  });
}

/** Zeros behind the last element of each row change neither scores nor values. */
function withDepth(x: Tensor, depth: number): Tensor {
  const missing = depth - (x.shape.at(-1) as number);
  if (missing === 0) return x;
  return pad(x, [...x.shape.slice(1).map(() => [0, 0] as const), [0, missing]]);
}

function fused(kernel: Fused, q: Tensor, k: Tensor, v: Tensor, job: Attention): Tensor {
  const kernels = new FusedAttention(kernel, [q, k, v], job);
  const { y, kept } = kernels.forward();
  recordJoint(
    OP,
    [q, k, v],
    [y],
    ([given]) => {
      const dy = given as Tensor;
      if (isWatched(q, k, v, dy)) return gradients(q, k, v, dy, job);
      const [dq, dk, dv] = kernels.backward(dy, y, kept);
      return [sumTo(dq, q.shape), sumTo(dk, k.shape), sumTo(dv, v.shape)];
    },
    job,
  );
  return y;
}

/** The gradients of the fused path in ops, which can be differentiated again. */
function gradients(q: Tensor, k: Tensor, v: Tensor, dy: Tensor, job: Attention): Tensor[] {
  const p = weightsOf(q, k, job);
  const dp = matmul(dy, v, { transposeB: true });
  const ds = mul(softmaxVjp(p, dp), job.scale);
  const dq = matmul(ds, k);
  const dk = matmul(ds, q, { transposeA: true });
  const dv = matmul(p, dy, { transposeA: true });
  return [sumTo(dq, q.shape), sumTo(dk, k.shape), sumTo(dv, v.shape)];
}

/** softmax(scale · q kᵀ + mask), `[…, T, S]`, the products capped if asked for. */
function weightsOf(q: Tensor, k: Tensor, job: Attention, softCap?: number): Tensor {
  const { mask } = job;
  const scaled = job.scale === 1 ? q : mul(q, job.scale);
  const plain = matmul(scaled, k, { transposeB: true });
  const products = softCap === undefined ? plain : mul(tanh(div(plain, softCap)), softCap);
  const shape = mask === undefined ? products.shape : [...job.batchShape, job.queries, job.keys];
  const isWhole = sameShape(products.shape, shape);
  const scores = contiguous(isWhole ? products : broadcastTo(products, shape));
  const here = { ...job, batchShape: shape.slice(0, -2), scale: 1 };
  const p = launchWeights(scores, here);
  recordJoint(
    "attentionWeights",
    mask === undefined ? [scores] : [scores, mask],
    [p],
    ([dp]) => {
      const ds = softmaxVjp(p, dp as Tensor);
      return [ds, mask?.dtype === "f32" ? sumTo(ds, mask.shape) : null];
    },
    here,
  );
  return p;
}
