// The second pass of products that were summed in splits.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { matmulJoin } from "../shaders/matmulJoin.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { KernelFamily, gridOf } from "./dispatch.ts";
import {
  ACTIVATIONS,
  type Activation,
  type Lanes,
  epilogueOf,
  lanesPrelude,
  withResult,
} from "./productPreludes.ts";
import { contiguous } from "./views.ts";

/** What lies behind the parts of y. */
const JOINED_SUMS = `@group(0) @binding(3) var<storage, read_write> sums: array<Stored>;
fn isStoredAsSum(i: u32, v: Lanes) -> bool {
  let rest = params.size - params.n / LANES;
  if (i < rest) { return false; }
  sums[i - rest] = Stored(v);
  return true;
}`;

/** Bias, sums behind the result, results in fours: `101 relu f32`. */
const joins = /* @__PURE__ */ new KernelFamily<`${string} ${Activation} ${"f32" | "f16"}`>(
  (key) => {
    const [bits, activation, scalar] = key.split(" ") as [string, Activation, string];
    const [hasBias, hasSums, isFours] = [...bits].map((bit) => bit === "1");
    const lanes = isFours ? 4 : 1;
    const four = "vec4<f32>(vec4<Scalar>(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]))";
    const prelude = `alias Scalar = ${scalar};
const BIAS = ${hasBias};
const LANES = ${lanes}u;
${ACTIVATIONS[activation]}
${lanesPrelude(lanes, scalar)}
fn biasAt(at: u32) -> Lanes { return ${isFours ? four : "f32(bias[at])"}; }
fn activated(v: Lanes) -> Lanes { return ${isFours ? "activate(v)" : "activate(vec4<f32>(v)).x"}; }
${hasSums ? JOINED_SUMS : "fn isStoredAsSum(i: u32, v: Lanes) -> bool { return false; }"}`;
    const shader = hasSums ? withResult(matmulJoin) : matmulJoin;
    return { shader, prelude, ...epilogueOf(lanes, 2, scalar === "f32") };
  },
);

/** Every kernel of this file. */
export function joinKernels(): Kernel[] {
  const bits = ["000", "001", "010", "011", "100", "101"];
  return bits.flatMap((flags) => {
    return (Object.keys(ACTIVATIONS) as Activation[]).flatMap((activation) => [
      joins.get(`${flags} ${activation} f32`),
      joins.get(`${flags} ${activation} f16`),
    ]);
  });
}

/** Where the parts go, and what happens on the way. */
export interface Joined {
  readonly y: Tensor;
  /** Where the last row of every part goes, if y does not take it. */
  readonly sums?: Tensor | undefined;
  /** Columns of y. */
  readonly n: number;
  /** `[n]`. */
  readonly bias?: Tensor | undefined;
  readonly activation?: Activation | undefined;
}

/** y = activation(Σ parts + bias), and the sums from behind the parts, in the order of the splits. */
export function joinSplits(parts: Tensor, { y, sums, n, bias: given, activation }: Joined): void {
  const bias = given && contiguous(given);
  const lanes: Lanes = n % 4 === 0 ? 4 : 1;
  const flags = [bias !== undefined, sums !== undefined, lanes === 4];
  const bits = flags.map((flag) => (flag ? "1" : "0")).join("");
  const splits = parts.shape[0] as number;
  const size = parts.size / splits / lanes;
  device().dispatch(
    joins.get(`${bits} ${activation ?? "none"} ${y.dtype as "f32" | "f16"}`),
    [parts.block, (bias ?? parts).block, y.block, ...(sums === undefined ? [] : [sums.block])],
    [size, splits, n, bias?.offset ?? 0],
    ...gridOf(size),
  );
}
