// How many neighbouring channels a thread of the pooling and resizing kernels makes.

import { device } from "../gpu/device.ts";

/** Channels of a thread: one, a vector of four, or four of those. */
export type ChannelRun = 1 | 4 | 16;

export const CHANNEL_RUNS: readonly ChannelRun[] = [1, 4, 16];

/**
 * Software adapters work out a pixel's place once for many channels; GPUs want neighbouring threads on
 * neighbouring vectors.
 */
export function planRun(channels: number, offset: number): ChannelRun {
  if (channels % 4 !== 0 || offset % 4 !== 0) return 1;
  return channels % 16 === 0 && device().info.adapterClass === "software" ? 16 : 4;
}

/** What shaders know of it: `Value`, its integer siblings `Place` and `Bits`, and `RUN`. */
export function runPrelude(run: ChannelRun | `${ChannelRun}`): string {
  const [value, place, bits] =
    Number(run) === 1 ? ["f32", "i32", "u32"] : ["vec4<f32>", "vec4<i32>", "vec4<u32>"];
  return `alias Value = ${value};
alias Place = ${place};
alias Bits = ${bits};
const RUN = ${Number(run) === 16 ? 4 : 1}u;`;
}
