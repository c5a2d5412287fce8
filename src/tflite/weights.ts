// How weights lie in a TFLite file: as they are, as halves, or as bytes with a scale per channel.

import { type Emitted, type Emitter, type Slot } from "./emitter.ts";
import type { Operator } from "./schema.ts";

/** How weights lie in a TFLite file. */
export type TfliteWeightFormat = "f32" | "f16" | "int8";

/** Elements below which a constant stays as it is: biases, scales, numbers. */
const SHORTEST = 256;

/** The axis of the output channels in the weights of an operator. */
const CHANNEL_AXIS: Readonly<Partial<Record<Operator, number>>> = {
  ...{ FULLY_CONNECTED: 0, CONV_2D: 0, DEPTHWISE_CONV_2D: 3, TRANSPOSE_CONV: 0, GATHER: 0 },
  ...{ BATCH_MATMUL: -1, CONV_3D: 4 },
};

/** Versions of the operator that makes f32 of halves, and of bytes by channel. */
const DEQUANTIZE = { f16: 3, int8: 5 } as const;

/** Stores large f32 constants in another format, with operators that make f32 of them again. */
export function storeWeights(to: Emitter, format: TfliteWeightFormat): void {
  if (format === "f32") return;
  const before: Emitted[] = [];
  for (const [slot, { data }] of [...to.constants]) {
    if (slot.dtype !== "f32" || data.length < SHORTEST) continue;
    const reader = to.operators.find(({ inputs }) => inputs.includes(slot));
    const given = reader && CHANNEL_AXIS[reader.op];
    if (format === "int8" && (given === undefined || slot.shape.length < 2)) continue;
    const name = to.name(`${slot.name}.${format}`);
    const stored: Slot = { name, dtype: format === "f16" ? "f16" : "i8", shape: slot.shape };
    to.constants.delete(slot);
    if (format === "f16") to.constants.set(stored, { data });
    else {
      const axis = ((given as number) + slot.shape.length) % slot.shape.length;
      const { whole, scales } = quantized(data, slot.shape, axis);
      to.constants.set(stored, { data: whole, quantization: { scales, axis } });
    }
    const version = DEQUANTIZE[format];
    before.push({ op: "DEQUANTIZE", inputs: [stored], outputs: [slot], options: {}, version });
  }
  to.operators.unshift(...before);
}

/** Whole numbers from −127 to 127, and what one is worth in each channel. */
function quantized(
  data: ArrayLike<number>,
  shape: readonly number[],
  axis: number,
): { whole: Int8Array; scales: Float32Array } {
  const channels = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((n, m) => n * m, 1);
  const channelOf = (at: number): number => Math.floor(at / inner) % channels;
  const scales = new Float32Array(channels);
  for (let at = 0; at < data.length; at++) {
    const size = Math.abs(data[at] as number) / 127;
    scales[channelOf(at)] = Math.max(scales[channelOf(at)] as number, size);
  }
  const worth = scales.map((scale) => (scale === 0 ? 1 : scale));
  const whole = Int8Array.from(data, (value, at) => {
    return Math.round(value / (worth[channelOf(at)] as number));
  });
  return { whole, scales: worth };
}
