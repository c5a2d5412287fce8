// PyTorch's layouts: what `state_dict()` calls the weights of its layers, and how they lie.
// https://docs.pytorch.org/docs/stable/nn.html

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
import { RMSNorm } from "../nn/rmsNorm.ts";
import type { Variable } from "../tensor/variable.ts";
import { type AnyModule, type LayerNames, layersOf } from "./layers.ts";
import { type Mapping, mapTensor } from "./mapping.ts";
import { mapBatchNorm, mapNorm } from "./normMappings.ts";
import { mapPytorchAttention } from "./pytorchAttention.ts";
import {
  type PytorchOptions,
  mapPytorchGru,
  mapPytorchLstm,
  mapPytorchRnn,
} from "./pytorchRecurrent.ts";

/** The mappings of a layer from what a file has under its name. */
type Layout = (name: string, options: PytorchOptions) => Mapping[];

/**
 * Mappings between a module and the `state_dict` of the same one in PyTorch, in both directions:
 *
 *     pytorch(model.classifier, "fc");                                 // fc.weight, fc.bias
 *     pytorch(model, (path) => path.replace("linear_", "layers."));    // each layer by its path
 *
 * Linear `[out, in]` and convolution `[out, in, …]` become `[in, out]` and `[…, in, out]`; a transposed one
 * `[in, out, …]` becomes `[…, out, in]`; a depthwise one `[in · multiplier, 1, h, w]` becomes
 * `[h, w, in, multiplier]`. Recurrent cores are transposed, with PyTorch's gates, which Renga's LSTM, and its GRU
 * with `reset: "after"`, have in the same order; the two biases of an LSTM become their sum. Norms and
 * embeddings are as they are; `in_proj` of attention is cut into queries, keys and values.
 *
 * PyTorch pads convolutions on both sides alike: a stride above 1 needs that padding, not "same".
 *
 * @param module  that has seen an input.
 * @returns       mappings of all these layers; others' variables are left to names.
 * @throws {UsageError} if there is no such layer, one has no variables yet, or a GRU is not PyTorch's.
 */
export function pytorch(
  module: AnyModule,
  names: LayerNames,
  options: PytorchOptions = {},
): Mapping[] {
  return layersOf("pytorch", module, names, layoutOf).flatMap(({ name, layout }) =>
    layout(name, options),
  );
}

function layoutOf(layer: AnyModule): Layout | undefined {
  if (layer instanceof Linear) return (name) => weightAndBias(layer, name, [1, 0]);
  if (layer instanceof ConvND || layer instanceof ConvNDTranspose) {
    return (name) => {
      const spatial = layer.w.rank - 2;
      // [out, in, …] of a convolution lies as [in, out, …] of a transposed one does.
      const axes = [...Array.from({ length: spatial }, (_, i) => i + 2), 1, 0];
      return weightAndBias(layer, name, axes);
    };
  }
  if (layer instanceof DepthwiseConv2D) return (name) => mapDepthwise(layer, name);
  if (layer instanceof Embed) return (name) => [mapTensor(layer.embeddings, `${name}.weight`)];
  if (layer instanceof BaseBatchNorm) return (name) => mapBatchNorms(layer, name);
  if (layer instanceof LayerNorm || layer instanceof GroupNorm) {
    const hasValues = layer.createScale || layer.createOffset;
    return hasValues ? (name) => mapNorm(layer, normNames(name)) : undefined;
  }
  if (layer instanceof RMSNorm) {
    const hasValues = layer.options.createScale ?? true;
    return hasValues ? (name) => mapNorm(layer, normNames(name)) : undefined;
  }
  if (layer instanceof LSTM || layer instanceof UnrolledLSTM) {
    return (name, options) => mapPytorchLstm(layer, name, options);
  }
  if (layer instanceof GRU) return (name, options) => mapPytorchGru(layer, name, options);
  if (layer instanceof VanillaRNN) return (name, options) => mapPytorchRnn(layer, name, options);
  if (layer instanceof MultiHeadAttention) return (name) => mapPytorchAttention(layer, name);
  return undefined;
}

const normNames = (name: string): { scale: string; offset: string } => {
  return { scale: `${name}.weight`, offset: `${name}.bias` };
};

function weightAndBias(
  { w, b }: { readonly w: Variable; readonly b: Variable | undefined },
  name: string,
  axes: readonly number[],
): Mapping[] {
  const weight = mapTensor(w, `${name}.weight`, { axes });
  return b === undefined ? [weight] : [weight, mapTensor(b, `${name}.bias`)];
}

function mapDepthwise({ w, b }: DepthwiseConv2D, name: string): Mapping[] {
  const [height, width, inputs, multiplier] = w.shape as [number, number, number, number];
  const shape = [inputs * multiplier, 1, height, width];
  const weight = mapTensor(w, `${name}.weight`, { axes: [2, 3, 0, 1], shape });
  return b === undefined ? [weight] : [weight, mapTensor(b, `${name}.bias`)];
}

function mapBatchNorms(norm: BaseBatchNorm, name: string): Mapping[] {
  const statistics = { mean: `${name}.running_mean`, variance: `${name}.running_var` };
  const [first, ...rest] = mapBatchNorm(norm, { ...normNames(name), ...statistics });
  return [{ ...(first as Mapping), unneeded: [`${name}.num_batches_tracked`] }, ...rest];
}
