// Vector quantization: each vector becomes the nearest one of a codebook.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { add, div, mul, sub } from "../../ops/binary.ts";
import { assign } from "../../ops/assign.ts";
import { cast } from "../../ops/cast.ts";
import { copy } from "../../ops/elementwise.ts";
import { gather } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { oneHot } from "../../ops/oneHot.ts";
import { argMin } from "../../ops/reduce.ts";
import { mean, sum } from "../../ops/sum.ts";
import { untaped } from "../../ops/tape.ts";
import { exp, log, neg, square } from "../../ops/unary.ts";
import { contiguous, reshape, stopGradient, transpose } from "../../ops/views.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { VarianceScaling } from "../initializers.ts";
import { Module } from "../module.ts";
import { ownField } from "../ownField.ts";
import { ExponentialMovingAverage } from "../statistics.ts";

/** What a quantizer returns. N is the number of vectors, K that of the codebook. */
export interface Quantized {
  /** In the shape of the input; gradients pass through to it. */
  readonly quantize: Tensor;
  readonly loss: Tensor;
  /** How many of the codebook's vectors are in use, e^entropy. */
  readonly perplexity: Tensor;
  /** `[N, K]`, one-hot. */
  readonly encodings: Tensor;
  /** i32, the shape of the input without its last axis. */
  readonly encodingIndices: Tensor;
  /** `[N, K]`, squared. */
  readonly distances: Tensor;
}

type Quantizer = (x: Tensor, call: { readonly isTraining: boolean }) => Quantized;

/** Nearest vectors, and what is the same for both quantizers. */
function lookUp(
  name: string,
  x: Tensor,
  embeddings: Tensor,
): Omit<Quantized, "loss"> & {
  readonly flat: Tensor;
  readonly nearest: Tensor;
} {
  const [depth, count] = embeddings.shape as [number, number];
  if (x.shape.at(-1) !== depth) {
    throw new ShapeError(name, `the last axis must be as long as embeddingDim, ${depth}`, {
      got: shapeText(x.shape),
    });
  }
  const flat = reshape(x, [-1, depth]);
  const squares = sum(square(flat), 1, { keepDims: true });
  const products = mul(matmul(flat, embeddings), 2);
  const distances = add(sub(squares, products), sum(square(embeddings), 0, { keepDims: true }));
  const indices = argMin(distances, 1);
  const encodings = oneHot(indices, count);
  const used = mean(encodings, 0);
  const nearest = reshape(gather(contiguous(transpose(embeddings)), indices), x.shape);
  return {
    flat,
    nearest,
    quantize: add(x, stopGradient(sub(nearest, x))),
    perplexity: exp(neg(sum(mul(used, log(add(used, 1e-10)))))),
    encodings,
    encodingIndices: reshape(indices, x.shape.slice(0, -1)),
    distances,
  };
}

function codebook(module: Module, shape: readonly number[], trainable: boolean): Variable {
  return withNameScope(module.nameScope, () => {
    const initial = VarianceScaling({ distribution: "uniform" })(shape);
    return new Variable(initial, { name: "embeddings", trainable });
  });
}

/**
 * The nearest of K vectors for each vector of the input, with
 * loss = mean (q − sg(x))² + commitmentCost · mean (sg(q) − x)².
 *
 * Variable: `embeddings [embeddingDim, numEmbeddings]`.
 *
 * @see van den Oord et al. 2017, Neural Discrete Representation Learning.
 */
export class VectorQuantizer extends Module<Quantizer> {
  static readonly defaultName: string = "vector_quantizer";
  readonly commitmentCost: number;
  readonly embeddings: Variable;

  constructor(embeddingDim: number, numEmbeddings: number, commitmentCost: number, name?: string) {
    super(name);
    this.commitmentCost = commitmentCost;
    this.embeddings = codebook(this, [embeddingDim, numEmbeddings], true);
  }

  forward(x: Tensor, _call?: { readonly isTraining: boolean }): Quantized {
    const { flat: _, nearest, ...found } = lookUp(this.moduleName, x, this.embeddings);
    const pull = mean(square(sub(stopGradient(nearest), x)));
    const push = mean(square(sub(nearest, stopGradient(x))));
    return { ...found, loss: add(push, mul(pull, this.commitmentCost)) };
  }
}

/**
 * As `VectorQuantizer`, with a codebook that follows moving averages of the vectors it stands for instead
 * of a gradient; loss = commitmentCost · mean (sg(q) − x)².
 *
 * Variables, none of them trainable: `embeddings [embeddingDim, numEmbeddings]` and those of
 * `emaClusterSize` and `emaDw`.
 *
 * @see van den Oord et al. 2017, Neural Discrete Representation Learning, appendix A.1.
 */
export class VectorQuantizerEMA extends Module<Quantizer> {
  static readonly defaultName: string = "vector_quantizer_ema";
  readonly commitmentCost: number;
  readonly epsilon: number;
  readonly embeddings: Variable;
  readonly emaClusterSize: ExponentialMovingAverage;
  readonly emaDw: ExponentialMovingAverage;

  /** @param options  `epsilon` smooths the sizes of clusters. Default 1e-5. */
  constructor(
    embeddingDim: number,
    numEmbeddings: number,
    commitmentCost: number,
    decay: number,
    options: { readonly epsilon?: number; readonly name?: string } = {},
  ) {
    super(options.name);
    if (!(decay >= 0 && decay <= 1)) {
      throw new UsageError(this.moduleName, "decay must be in [0, 1]", { got: `${decay}` });
    }
    this.commitmentCost = commitmentCost;
    this.epsilon = options.epsilon ?? 1e-5;
    this.embeddings = codebook(this, [embeddingDim, numEmbeddings], false);
    const parts = withNameScope(this.nameScope, () => ({
      size: new ExponentialMovingAverage(decay, "ema_cluster_size"),
      dw: new ExponentialMovingAverage(decay, "ema_dw"),
    }));
    this.emaClusterSize = parts.size;
    this.emaDw = parts.dw;
    scope(() => {
      const { embeddings } = this;
      parts.size.initialize(sum(embeddings, 0));
      parts.dw.initialize(embeddings);
    });
  }

  forward(x: Tensor, call: { readonly isTraining: boolean }): Quantized {
    // A value of its own: the variable moves on before the gradients are taken. A view would do, but
    // keep a first call from being recorded, and what runs as it is rounds otherwise.
    const embeddings = copy.run(this.embeddings);
    const { flat, nearest, ...found } = lookUp(this.moduleName, x, embeddings);
    const loss = mul(mean(square(sub(stopGradient(nearest), x))), this.commitmentCost);
    if (call.isTraining) this.#follow(flat, found.encodings);
    return { ...found, loss };
  }

  #follow(flat: Tensor, encodings: Tensor): void {
    untaped(() =>
      scope(() => {
        const ones = cast(encodings, "f32");
        this.emaClusterSize.update(sum(ones, 0));
        this.emaDw.update(matmul(cast(flat, "f32"), ones, { transposeA: true }));
        const sizes = ownField(this.emaClusterSize, "average") as Variable;
        const sums = ownField(this.emaDw, "average") as Variable;
        const total = sum(sizes);
        const count = sizes.size;
        const shares = div(add(sizes, this.epsilon), add(total, count * this.epsilon));
        assign(ownField(this, "embeddings"), div(sums, mul(shares, total)));
      }),
    );
  }
}
