// What kernels of products share: how they store, and where a compiled function may join in.

import type { KernelOptions } from "../gpu/kernel.ts";
import { storeEach } from "../shaders/storeEach.ts";
import { storeFours } from "../shaders/storeFours.ts";

/** Numbers that a kernel stores together: four where the rows of its result come in fours. */
export type Lanes = 1 | 4;

/** Every number of a result passes through this; a compiled function puts its own in its place. */
export const EPILOGUE = "fn epilogue(at: u32, v: Lanes) -> Lanes { return v; }";

/** `alias Lanes`, `alias Stored` and `fn epilogue`, for results of type `scalar` in memory. */
export function lanesPrelude(lanes: Lanes, scalar: string): string {
  const wide = (type: string): string => (lanes === 4 ? `vec4<${type}>` : type);
  return `alias Lanes = ${wide("f32")};\nalias Stored = ${wide(scalar)};\n${EPILOGUE}`;
}

/** The same with `fn storeFour`, for kernels that hold four neighbours of a row. */
export function storePrelude(lanes: Lanes, scalar: string): string {
  return `${lanesPrelude(lanes, scalar)}\n${lanes === 4 ? storeFours : storeEach}`;
}

/** The option of a kernel whose results are final: `output` is the index of their binding. */
export function epilogueOf(lanes: Lanes, output: number): Pick<KernelOptions, "epilogue"> {
  return { epilogue: { lanes, output } };
}
