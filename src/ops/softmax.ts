// Softmax, its logarithm, and the fused cross-entropy with indices or probabilities as labels.

import { ShapeError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { crossEntropy as crossEntropyShader } from "../shaders/crossEntropy.ts";
import { softmax as softmaxShader } from "../shaders/softmax.ts";
import { softmaxGradient } from "../shaders/softmaxGradient.ts";
import { FLOATS, isFloat, requireDtype } from "../tensor/dtype.ts";
import { normalizeAxis, sameShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { oneHot } from "./oneHot.ts";
import { KernelFamily, fold } from "./dispatch.ts";
import { overGroup } from "./overGroup.ts";
import { planRows } from "./rowPlan.ts";
import { sum } from "./sum.ts";
import { isWatched, record } from "./tape.ts";
import { exp, neg } from "./unary.ts";
import { contiguous, expandDims, reshape, transpose } from "./views.ts";

type Which = "softmax" | "logSoftmax";
type Scalar = "f32" | "f16";
const SCALARS = ["f32", "f16"] as const;

type Width = "vector" | "scalar";
type RowKey = `${Which} ${Scalar} ${Width} ${"threads" | "groups"}`;

/** A kernel over rows, of values or of gradients. */
const rowFamily = (shader: ShaderSource): KernelFamily<RowKey> =>
  new KernelFamily((key) => {
    const [which, scalar, width, entryPoint] = key.split(" ") as [Which, Scalar, Width, string];
    const isVector = width === "vector";
    const prelude = `alias Stored = ${isVector ? `vec4<${scalar}>` : scalar};
alias Value = ${isVector ? "vec4<f32>" : "f32"};
fn total(v: Value) -> f32 { return ${isVector ? "v.x + v.y + v.z + v.w" : "v"}; }
fn largest(v: Value) -> f32 { return ${isVector ? "max(max(v.x, v.y), max(v.z, v.w))" : "v"}; }
const LOGARITHM = ${which === "logSoftmax"};
const KEEPS = ${which === "softmax" && scalar === "f32"};`;
    return { shader, prelude, part: overGroup, entryPoint };
  });

const softmaxes = /* @__PURE__ */ rowFamily(softmaxShader);
const gradients = /* @__PURE__ */ rowFamily(softmaxGradient);

/** Elements of a row that one thread takes on GPUs too. */
const SHORT_ROW = 32;

/** Threads of a workgroup that take a row each. */
const ROW_THREADS = 32;

type LabelKind = "indices" | "probabilities";
type EntropyKey = `${"loss" | "gradient"}${"Threads" | "Groups"} ${Scalar} ${LabelKind}`;

const entropies = /* @__PURE__ */ new KernelFamily<EntropyKey>((key) => {
  const [entryPoint, scalar, kind] = key.split(" ") as [string, Scalar, LabelKind];
  const isIndices = kind === "indices";
  const prelude = `alias Scalar = ${scalar};
alias Label = ${isIndices ? "u32" : scalar};
const PROBABILITIES = ${!isIndices};`;
  return { shader: crossEntropyShader, prelude, part: overGroup, entryPoint };
});

/** Every kernel of this file. */
export function softmaxKernels(): Kernel[] {
  const whiches = ["softmax", "logSoftmax"] as const;
  return SCALARS.flatMap((scalar) => [
    ...[softmaxes, gradients].flatMap((family) =>
      family.all(
        whiches.flatMap((which) =>
          (["vector threads", "vector groups", "scalar threads", "scalar groups"] as const).map(
            (rest) => `${which} ${scalar} ${rest}` as const,
          ),
        ),
      ),
    ),
    ...entropies.all(
      (["indices", "probabilities"] as const).flatMap((kind) =>
        (["lossThreads", "lossGroups", "gradientThreads", "gradientGroups"] as const).map(
          (entry) => `${entry} ${scalar} ${kind}` as const,
        ),
      ),
    ),
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

interface ValuePlan {
  readonly suffix: `${Width} ${"threads" | "groups"}`;
  /** Elements that a thread reads at once, which rows and offsets are counted in. */
  readonly lanes: number;
  readonly rows: number;
  readonly length: number;
  readonly grid: [number, number];
}

/** How kernels walk through the rows of contiguous tensors of one shape. */
function planValues(tensors: readonly Tensor[]): ValuePlan {
  const [{ shape, size }] = tensors as [Tensor];
  const elements = shape.at(-1) as number;
  const isVector = elements % 4 === 0 && tensors.every(({ offset }) => offset % 4 === 0);
  const lanes = isVector ? 4 : 1;
  const rows = size / elements;
  const { entry, grid } = planRows(rows, elements, SHORT_ROW);
  return {
    suffix: `${isVector ? "vector" : "scalar"} ${entry}`,
    ...{ lanes, rows, length: elements / lanes },
    grid: entry === "groups" ? grid : fold(Math.ceil(rows / ROW_THREADS)),
  };
}

function run(which: Which, given: Tensor): Tensor {
  const y = Tensor.empty(given.shape, given.dtype);
  if (y.size === 0) return y;
  const x = contiguous(given);
  const { suffix, lanes, rows, length, grid } = planValues([x]);
  const kernel = softmaxes.get(`${which} ${scalarOf(x)} ${suffix}`);
  device().dispatch(kernel, [x.block, y.block], [rows, length, x.offset / lanes], ...grid);
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
  const { suffix, lanes, rows, length, grid } = planValues([y, dy]);
  const kernel = gradients.get(`${which} ${scalarOf(y)} ${suffix}`);
  const params = [rows, length, y.offset / lanes, dy.offset / lanes];
  device().dispatch(kernel, [y.block, dy.block, dx.block], params, ...grid);
  return dx;
}

/**
 * Cross-entropy of the labels and softmax(logits) per row, in nats, in one dispatch each way:
 *
 *   −log softmax(logits)[label] with indices,  −Σ_c q_c · log softmax(logits)_c with probabilities q
 *
 * @param logits  `[…, classes]` f32 or f16.
 * @param labels  `[…]` i32 or u32 in `[0, classes)`, not checked on the GPU; or `[…, classes]` of the
 *                dtype of the logits, which need not sum to 1.
 * @returns       `[…]`. Gradient flows to `logits` and to probabilities.
 * @throws {ShapeError} if indices are not shaped like logits without its last axis, or probabilities
 *                      not like logits.
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireDtype("softmaxCrossEntropy", logits.dtype, FLOATS);
  const kind: LabelKind = isFloat(labels.dtype) ? "probabilities" : "indices";
  requireLabels(logits, labels, kind);
  const x = contiguous(logits);
  const q = contiguous(labels);
  const loss = Tensor.empty(logits.shape.slice(0, -1), logits.dtype);
  if (loss.size > 0) runEntropy("loss", kind, x, q, undefined, loss);
  record("softmaxCrossEntropy", [logits, labels], loss, [
    (dy) => crossEntropyGradient(kind, logits, labels, x, q, dy),
    kind === "indices" ? undefined : (dy) => mul(expandDims(neg(dy), -1), logSoftmax(logits)),
  ]);
  return loss;
}

function requireLabels(logits: Tensor, labels: Tensor, kind: LabelKind): void {
  const isIndices = kind === "indices";
  const dtypes = isIndices ? (["i32", "u32"] as const) : [logits.dtype];
  requireDtype("softmaxCrossEntropy", labels.dtype, dtypes);
  const wanted = isIndices ? logits.shape.slice(0, -1) : logits.shape;
  if (logits.rank > 0 && sameShape(labels.shape, wanted)) return;
  const rule = isIndices
    ? "labels must have one entry per row of logits"
    : "probabilities must have the shape of the logits";
  throw new ShapeError("softmaxCrossEntropy", rule, {
    got: `logits ${shapeText(logits.shape)} and labels ${shapeText(labels.shape)}`,
    remedy: "Class indices are i32 or u32 and one per row; probabilities are one per logit.",
  });
}

/** Losses of rows, or with dy the gradient for the logits. */
function runEntropy(
  which: "loss" | "gradient",
  kind: LabelKind,
  x: Tensor,
  labels: Tensor,
  dy: Tensor | undefined,
  y: Tensor,
): void {
  const length = x.shape.at(-1) as number;
  const rows = sizeOf(x.shape.slice(0, -1));
  const isShared = dy === undefined || dy.strides.every((s, i) => s === 0 || dy.shape[i] === 1);
  const slopes = dy === undefined ? x : isShared ? dy : contiguous(reshape(dy, [rows]));
  const { entry, grid } = planRows(rows, length, SHORT_ROW);
  const suffix = entry === "threads" ? "Threads" : "Groups";
  const kernel = entropies.get(`${which}${suffix} ${scalarOf(x)} ${kind}`);
  const params = [rows, length, x.offset, labels.offset, slopes.offset, isShared ? 0 : 1];
  const blocks = [x.block, labels.block, slopes.block, y.block];
  device().dispatch(kernel, blocks, params, ...grid);
}

function crossEntropyGradient(
  kind: LabelKind,
  logits: Tensor,
  labels: Tensor,
  x: Tensor,
  q: Tensor,
  dy: Tensor,
): Tensor {
  if (isWatched(logits, labels, dy)) return entropyGradientByOps(kind, logits, labels, dy);
  const dx = Tensor.empty(logits.shape, logits.dtype);
  if (dx.size > 0) runEntropy("gradient", kind, x, q, dy, dx);
  return dx;
}

function entropyGradientByOps(kind: LabelKind, logits: Tensor, labels: Tensor, dy: Tensor): Tensor {
  const slopes = expandDims(dy, -1);
  if (kind === "indices") {
    const hits = cast(oneHot(labels, logits.shape.at(-1) as number), logits.dtype);
    return mul(sub(softmax(logits), hits), slopes);
  }
  const mass = sum(labels, -1, { keepDims: true });
  return mul(sub(mul(softmax(logits), mass), labels), slopes);
}
