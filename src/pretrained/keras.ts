// TensorFlow's layouts: what Keras calls the weights of its layers, and how they lie.
// https://keras.io/api/layers/

import { MultiHeadAttention } from "../nn/attention/multiHeadAttention.ts";
import { BaseBatchNorm } from "../nn/batchNorm.ts";
import { ConvND } from "../nn/convND.ts";
import { ConvNDTranspose } from "../nn/convNDTranspose.ts";
import { DepthwiseConv2D } from "../nn/depthwiseConv2D.ts";
import { Embed } from "../nn/embed.ts";
import { GroupNorm } from "../nn/groupNorm.ts";
import { LayerNorm } from "../nn/layerNorm.ts";
import { Linear } from "../nn/linear.ts";
import { GRU } from "../nn/recurrent/gru.ts";
import { LSTM, UnrolledLSTM } from "../nn/recurrent/lstm.ts";
import { VanillaRNN } from "../nn/recurrent/vanillaRNN.ts";
import type { Variable } from "../tensor/variable.ts";
import { type NameOf, mapKerasAttention } from "./kerasAttention.ts";
import { mapKerasGru } from "./kerasRecurrent.ts";
import { type AnyModule, type LayerNames, layersOf } from "./layers.ts";
import { type Mapping, mapTensor } from "./mapping.ts";
import { mapBatchNorm, mapNorm } from "./normMappings.ts";

/** Options of `keras`. */
export interface KerasOptions {
  /**
   * The name of a layer's weight in the file. Default: `dense/kernel`. For a TensorFlow checkpoint:
   * "(layer, weight) => `${layer}/${weight}/.ATTRIBUTES/VARIABLE_VALUE`".
   */
  readonly nameOf?: (layer: string, weight: string) => string;
}

/** The mappings of a layer from what a file has under the names of its weights. */
type Layout = (nameOf: NameOf) => Mapping[];

/**
 * Mappings between a module and the weights of the same one in Keras, in both directions:
 *
 *     keras(model.classifier, "dense");                                // dense/kernel, dense/bias
 *     keras(model, (path) => path.replace("linear_", "dense_"));       // each layer by its path
 *
 * Kernels are as they are, `[in, out]`, `[h, w, in, out]`, and `[h, w, out, in]` of a transposed convolution. So
 * is an LSTM, whose gates i, f, c, o are Renga's i, f, g, o. The gates of a GRU are put in order: with
 * `reset_after`, as Keras makes it, it needs Renga's `reset: "after"`; without, its update gate z becomes 1 − z.
 *
 * Names are Keras 3's; Keras 2 had `depthwise_kernel` for a depthwise kernel. Keras adds 1e-3 in batch norms:
 * pass `eps: 1e-3`.
 *
 * @param module  that has seen an input.
 * @returns       mappings of all these layers; others' variables are left to names.
 * @throws {UsageError} if there is no such layer, or one has no variables yet.
 */
export function keras(module: AnyModule, names: LayerNames, options: KerasOptions = {}): Mapping[] {
  const { nameOf = (layer: string, weight: string): string => `${layer}/${weight}` } = options;
  return layersOf("keras", module, names, layoutOf).flatMap(({ name, layout }) =>
    layout((weight) => nameOf(name, weight)),
  );
}

function layoutOf(layer: AnyModule): Layout | undefined {
  const isConv = layer instanceof ConvND || layer instanceof ConvNDTranspose;
  if (isConv || layer instanceof Linear || layer instanceof DepthwiseConv2D) {
    return (nameOf) => asTheyAre({ kernel: layer.w, bias: layer.b }, nameOf);
  }
  if (layer instanceof Embed) {
    return (nameOf) => asTheyAre({ embeddings: layer.embeddings }, nameOf);
  }
  if (layer instanceof BaseBatchNorm) {
    return (nameOf) => {
      const statistics = { mean: nameOf("moving_mean"), variance: nameOf("moving_variance") };
      return mapBatchNorm(layer, { ...normNames(nameOf), ...statistics });
    };
  }
  if (layer instanceof LayerNorm || layer instanceof GroupNorm) {
    const hasValues = layer.createScale || layer.createOffset;
    return hasValues ? (nameOf) => mapNorm(layer, normNames(nameOf)) : undefined;
  }
  if (layer instanceof LSTM || layer instanceof UnrolledLSTM) {
    return (nameOf) => asTheyAre(recurrent(layer, layer.b), nameOf);
  }
  if (layer instanceof VanillaRNN) {
    return (nameOf) => asTheyAre(recurrent(layer, layer._b), nameOf);
  }
  if (layer instanceof GRU) return (nameOf) => mapKerasGru(layer, nameOf);
  if (layer instanceof MultiHeadAttention) return (nameOf) => mapKerasAttention(layer, nameOf);
  return undefined;
}

const normNames = (nameOf: NameOf): { scale: string; offset: string } => {
  return { scale: nameOf("gamma"), offset: nameOf("beta") };
};

const recurrent = (
  core: { readonly inputToHidden: Variable; readonly hiddenToHidden: Variable },
  bias: Variable | undefined,
): Record<string, Variable | undefined> => {
  return { kernel: core.inputToHidden, recurrent_kernel: core.hiddenToHidden, bias };
};

function asTheyAre(
  weights: Readonly<Record<string, Variable | undefined>>,
  nameOf: NameOf,
): Mapping[] {
  return Object.entries(weights).flatMap(([weight, variable]) =>
    variable === undefined ? [] : [mapTensor(variable, nameOf(weight))],
  );
}
