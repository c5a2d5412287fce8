// Layers whose weights are normed wherever they are used.

import { assign } from "../../ops/assign.ts";
import { div, mul } from "../../ops/binary.ts";
import { cast } from "../../ops/cast.ts";
import { matmul } from "../../ops/matmul.ts";
import { defaultGenerator } from "../../ops/random.ts";
import { l2Normalize, norm } from "../../ops/statistics.ts";
import { stopGradient, reshape, transpose } from "../../ops/views.ts";
import { sum } from "../../ops/sum.ts";
import { untaped } from "../../ops/tape.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { requireIsTraining } from "../isTraining.ts";
import { Module } from "../module.ts";
import { ownField } from "../ownField.ts";
import { customVariableGetter } from "../variableGetter.ts";

/** A layer with weights `[…, outputs]`. */
export type WeightedLayer = Module<(x: Tensor) => Tensor> & { w: Variable };

/** The layer's weights, as getters show them; it is called once if it has none yet. */
function weightsOf(layer: WeightedLayer, x: Tensor): Tensor {
  if ((layer.w as Variable | undefined) === undefined) scope(() => void layer(x));
  return layer.w;
}

/** Calls a layer with other weights. */
function withWeights(layer: WeightedLayer, w: Tensor, x: Tensor): Tensor {
  const own = ownField(layer, "w");
  return customVariableGetter(
    (variable) => (variable === own ? w : variable),
    () => layer(x),
    { instances: [layer] },
  );
}

/**
 * A layer whose weights have a direction and a length per output: w = g · v / ‖v‖, v being the layer's own.
 *
 * Variables: `g [outputs]`, at first the lengths that the weights have, and the layer's.
 *
 * @see Salimans & Kingma 2016, Weight Normalization.
 */
export class WeightNorm extends Module<(x: Tensor) => Tensor> {
  static readonly defaultName: string = "weight_norm";
  readonly layer: WeightedLayer;
  g: Variable | undefined;

  constructor(layer: WeightedLayer, name?: string) {
    super(name);
    this.layer = layer;
  }

  /** @param x  as the layer takes it. */
  forward(x: Tensor): Tensor {
    const v = weightsOf(this.layer, x);
    const flat = reshape(v, [-1, v.shape.at(-1) as number]);
    this.g ??= new Variable(
      untaped(() => norm(flat, 0)),
      { name: "g" },
    );
    const direction = l2Normalize(flat, 0);
    return withWeights(this.layer, reshape(mul(direction, this.g), v.shape), x);
  }
}

/** Options of `SpectralNorm`. */
export interface SpectralNormOptions {
  /** Steps of the power iteration at each training call. Default 1. */
  readonly iterations?: number;
  readonly name?: string;
}

/**
 * A layer whose weights are divided by their largest singular value, so that it stretches nothing. The
 * value is found by power iteration, which goes on from call to call in training.
 *
 * Variables: `u [outputs]`, not trained, and the layer's.
 *
 * @see Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks.
 */
export class SpectralNorm extends Module<(x: Tensor, call: { isTraining: boolean }) => Tensor> {
  static readonly defaultName: string = "spectral_norm";
  readonly layer: WeightedLayer;
  readonly iterations: number;
  u: Variable | undefined;

  constructor(layer: WeightedLayer, options: SpectralNormOptions = {}) {
    super(options.name);
    this.layer = layer;
    this.iterations = options.iterations ?? 1;
  }

  /**
   * @param x     as the layer takes it.
   * @param call  must say whether it trains.
   * @throws {UsageError} if it does not.
   */
  forward(x: Tensor, call: { isTraining: boolean }): Tensor {
    const isTraining = requireIsTraining(this.moduleName, call);
    const w = weightsOf(this.layer, x);
    const outputs = w.shape.at(-1) as number;
    const flat = reshape(cast(w, "f32"), [-1, outputs]);
    this.u ??= new Variable(l2Normalize(defaultGenerator.normal([outputs]), 0), {
      name: "u",
      trainable: false,
    });
    const own = ownField(this, "u") as Variable;
    const { u, v } = untaped(() => {
      let [right, left] = [reshape(own, [outputs, 1]), undefined as Tensor | undefined];
      const steps = isTraining ? this.iterations : 0;
      for (let i = 0; i < steps; i++) {
        left = l2Normalize(matmul(flat, right), 0);
        right = l2Normalize(matmul(transpose(flat), left), 0);
      }
      left ??= l2Normalize(matmul(flat, right), 0);
      if (steps > 0) assign(own, reshape(right, [outputs]));
      return { u: stopGradient(right), v: stopGradient(left) };
    });
    const sigma = sum(mul(v, matmul(flat, u)));
    return withWeights(this.layer, div(w, cast(sigma, w.dtype)), x);
  }
}
