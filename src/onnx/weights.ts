// How initializers lie in a file: as they are, as halves, or as bytes with a scale per channel.

import { hostBytes } from "../graph/index.ts";
import type { Emitted, Emitter, Initializer, Slot } from "./emitter.ts";
import type { OnnxTensor } from "./model.ts";

/** How weights lie in a file. */
export type WeightFormat = "f32" | "f16" | "int8";

/** Elements below which an initializer stays as it is: biases, scales, numbers. */
const SHORTEST = 256;

/** The axis of the output channels in the weights of an op. */
const CHANNEL_AXIS: Readonly<Record<string, number>> = {
  ...{ MatMul: -1, Gemm: -1, Conv: 0, ConvTranspose: 1, Gather: 0 },
};

/**
 * Stores large f32 initializers in another format.
 *
 * @returns nodes that make f32 of them again.
 */
export function storeWeights(to: Emitter, format: WeightFormat): Emitted[] {
  if (format === "f32") return [];
  const nodes: Emitted[] = [];
  for (const [name, array] of [...to.initializers]) {
    if (array.dtype !== "f32" || array.data.length < SHORTEST) continue;
    const reader = to.nodes.find(({ inputs }) => inputs.some((slot) => slot?.name === name));
    const given = CHANNEL_AXIS[reader?.op ?? ""];
    if (format === "int8" && (given === undefined || array.shape.length < 2)) continue;
    const target: Slot = { name, dtype: "f32", shape: array.shape };
    to.initializers.delete(name);
    const stored = to.name(`${name}.${format}`);
    const slot = (dtype: "f16" | "i8"): Slot => ({ name: stored, dtype, shape: array.shape });
    if (format === "f16") {
      to.initializers.set(stored, { ...array, dtype: "f16" });
      nodes.push({ op: "Cast", inputs: [slot("f16")], outputs: [target], attributes: { to: 1 } });
      continue;
    }
    const isTransposed = reader?.op === "Gemm" && reader.attributes.transB === 1;
    const axis = isTransposed ? 0 : ((given as number) + array.shape.length) % array.shape.length;
    const { data, scales } = quantized(array, axis);
    to.initializers.set(stored, { dtype: "i8", shape: array.shape, data });
    const scale = to.initializer(`${name}.scale`, {
      ...{ dtype: "f32", shape: [scales.length], data: scales },
    });
    const zero = to.initializer(`${name}.zero`, {
      ...{ dtype: "i8", shape: [scales.length], data: new Int8Array(scales.length) },
    });
    const inputs = [slot("i8"), scale, zero];
    nodes.push({ op: "DequantizeLinear", inputs, outputs: [target], attributes: { axis } });
  }
  return nodes;
}

/** Whole numbers from −127 to 127, and what one is worth in each channel. */
export function quantized(
  { shape, data }: Initializer,
  axis: number,
): { data: Int8Array; scales: Float32Array } {
  const channels = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((n, m) => n * m, 1);
  const scales = new Float32Array(channels);
  const channelOf = (at: number): number => Math.floor(at / inner) % channels;
  for (let at = 0; at < data.length; at++) {
    const channel = channelOf(at);
    scales[channel] = Math.max(scales[channel] as number, Math.abs(Number(data[at])) / 127);
  }
  const whole = Int8Array.from(data as Float32Array, (value, at) => {
    const scale = scales[channelOf(at)] as number;
    return scale === 0 ? 0 : Math.round(value / scale);
  });
  return { data: whole, scales: scales.map((scale) => (scale === 0 ? 1 : scale)) };
}

/** An initializer as a tensor of the file. */
export function tensorOf({ dtype, shape, data }: Initializer): OnnxTensor {
  const bytes = hostBytes({ dtype: dtype === "f16" ? "f16" : "f32", data: data as Float32Array });
  return { dtype, dims: shape, bytes };
}
