// Softmax, its logarithm, and the fused cross-entropy with integer labels.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { crossEntropy as crossEntropyShader } from "../shaders/crossEntropy.ts";
import { softmax as softmaxShader } from "../shaders/softmax.ts";
import { softmaxGradient } from "../shaders/softmaxGradient.ts";
import { FLOATS, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { oneHot } from "./oneHot.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import { planRows } from "./rowPlan.ts";
import { sum } from "./sum.ts";
import { isWatched, record } from "./tape.ts";
import { exp } from "./unary.ts";
import { contiguous, expandDims, reshape, transpose } from "./views.ts";

type Which = "softmax" | "logSoftmax";
type Scalar = "f32" | "f16";
const SCALARS = ["f32", "f16"] as const;

type RowKey = `${Which} ${Scalar} ${"threads" | "groups"}`;

/** A kernel over rows, of values or of gradients. */
const rowFamily = (shader: ShaderSource): KernelFamily<RowKey> =>
  new KernelFamily((key) => {
    const [which, scalar, entryPoint] = key.split(" ") as [Which, Scalar, string];
    const prelude = `alias Scalar = ${scalar};\nconst LOGARITHM = ${which === "logSoftmax"};`;
    return { shader, prelude, entryPoint };
  });

const softmaxes = /* @__PURE__ */ rowFamily(softmaxShader);
const gradients = /* @__PURE__ */ rowFamily(softmaxGradient);

/** Elements of a row that one thread takes on GPUs too. */
const SHORT_ROW = 32;

const entropies = /* @__PURE__ */ new KernelFamily<`${"loss" | "gradient"} ${Scalar}`>((key) => {
  const [entryPoint, scalar] = key.split(" ") as [string, Scalar];
  return { shader: crossEntropyShader, prelude: `alias Scalar = ${scalar};`, entryPoint };
});

/** Every kernel of this file. */
export function softmaxKernels(): Kernel[] {
  const whiches = ["softmax", "logSoftmax"] as const;
  return SCALARS.flatMap((scalar) => [
    ...[softmaxes, gradients].flatMap((family) =>
      family.all(
        whiches.flatMap(
          (which) => [`${which} ${scalar} threads`, `${which} ${scalar} groups`] as const,
        ),
      ),
    ),
    ...entropies.all([`loss ${scalar}`, `gradient ${scalar}`]),
  ]);
}

const scalarOf = (x: Tensor): Scalar => (x.dtype === "f16" ? "f16" : "f32");

/** exp(x) / Σ exp(x) along an axis, without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast("softmax", x, axis, (rows) => {
    const y = run("softmax", rows);
    record("softmax", [rows], y, [(dy) => softmaxVjp(y, dy)]);
    return y;
  });
}

/** x − log Σ exp(x) along an axis, without overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast("logSoftmax", x, axis, (rows) => {
    const y = run("logSoftmax", rows);
    record("logSoftmax", [rows], y, [
      (dy) => {
        if (!isWatched(y, dy)) return runGradient("logSoftmax", y, dy);
        return sub(dy, mul(exp(y), sum(dy, -1, { keepDims: true })));
      },
    ]);
    return y;
  });
}

function alongLast(op: string, x: Tensor, axis: number, body: (x: Tensor) => Tensor): Tensor {
  requireDtype(op, x.dtype, FLOATS);
  const at = normalizeAxis(op, axis, x.rank);
  if (at === x.rank - 1) return body(x);
  const swap = x.shape.map((_, i) => (i === at ? x.rank - 1 : i === x.rank - 1 ? at : i));
  return transpose(body(transpose(x, swap)), swap);
}

function run(which: Which, given: Tensor): Tensor {
  const y = Tensor.empty(given.shape, given.dtype);
  if (y.size === 0) return y;
  const x = contiguous(given);
  const length = x.shape.at(-1) as number;
  const rows = x.size / length;
  const { entry, grid } = planRows(rows, length, SHORT_ROW);
  const kernel = softmaxes.get(`${which} ${scalarOf(x)} ${entry}`);
  device().dispatch(kernel, [x.block, y.block], [rows, length, x.offset], ...grid);
  return y;
}

/** The gradient for rows x with y = softmax(x), given that for y; also where y is 0 by force. */
export function softmaxVjp(y: Tensor, dy: Tensor): Tensor {
  if (!isWatched(y, dy)) return runGradient("softmax", y, dy);
  return mul(y, sub(dy, sum(mul(dy, y), -1, { keepDims: true })));
}

function runGradient(which: Which, givenY: Tensor, givenDy: Tensor): Tensor {
  const dx = Tensor.empty(givenY.shape, givenY.dtype);
  if (dx.size === 0) return dx;
  const [y, dy] = [contiguous(givenY), contiguous(givenDy)];
  const length = y.shape.at(-1) as number;
  const rows = y.size / length;
  const { entry, grid } = planRows(rows, length, SHORT_ROW);
  const kernel = gradients.get(`${which} ${scalarOf(y)} ${entry}`);
  const params = [rows, length, y.offset, dy.offset];
  device().dispatch(kernel, [y.block, dy.block, dx.block], params, ...grid);
  return dx;
}

/**
 * −log softmax(logits)[label] per row, in nats, in one dispatch each way.
 *
 * @param logits  `[…, classes]` f32 or f16.
 * @param labels  `[…]` i32 or u32 in `[0, classes)`; not checked on the GPU.
 * @returns       `[…]`. Gradient flows to `logits` only.
 * @throws {ShapeError} if `labels` is not logits without its last axis.
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireDtype("softmaxCrossEntropy", logits.dtype, FLOATS);
  requireDtype("softmaxCrossEntropy", labels.dtype, ["i32", "u32"]);
  if (labels.shape.join() !== logits.shape.slice(0, -1).join() || logits.rank === 0) {
    throw new ShapeError("softmaxCrossEntropy", "labels must have one entry per row of logits", {
      got: `logits ${shapeText(logits.shape)} and labels ${shapeText(labels.shape)}`,
      remedy: "Pass class indices, not one-hot rows.",
    });
  }
  const x = contiguous(logits);
  const ids = contiguous(labels);
  const loss = Tensor.empty(labels.shape, logits.dtype);
  const length = logits.shape.at(-1) as number;
  if (loss.size > 0) {
    const params = [loss.size, length, x.offset, ids.offset, 0, 0];
    const blocks = [x.block, ids.block, x.block, loss.block];
    device().dispatch(entropies.get(`loss ${scalarOf(x)}`), blocks, params, ...gridOf(loss.size));
  }
  record("softmaxCrossEntropy", [logits, labels], loss, [
    (dy) => crossEntropyGradient(logits, labels, x, ids, dy),
    undefined,
  ]);
  return loss;
}

function crossEntropyGradient(
  logits: Tensor,
  labels: Tensor,
  x: Tensor,
  ids: Tensor,
  dy: Tensor,
): Tensor {
  if (isWatched(logits, dy)) {
    const hits = cast(oneHot(labels, logits.shape.at(-1) as number), logits.dtype);
    return mul(sub(softmax(logits), hits), expandDims(dy, -1));
  }
  const dx = Tensor.empty(logits.shape, logits.dtype);
  const rows = ids.size;
  if (rows === 0) return dx;
  const isShared = dy.strides.every((stride, i) => stride === 0 || dy.shape[i] === 1);
  const dense = isShared ? dy : reshape(dy, [rows]);
  const params = [
    rows,
    x.shape.at(-1) as number,
    x.offset,
    ids.offset,
    dense.offset,
    isShared ? 0 : 1,
  ];
  const blocks = [x.block, ids.block, dense.block, dx.block];
  device().dispatch(entropies.get(`gradient ${scalarOf(x)}`), blocks, params, ...gridOf(rows));
  return dx;
}
