// ONNX attention: heads apart or side by side, shared keys and values, and a cache of earlier ones.

import * as renga from "./library.ts";
import type { Tensor } from "./library.ts";
import type { Call, Result, Run } from "./call.ts";
import { notMapped } from "./value.ts";

/** `[batch, heads, length, depth]`, from that or from `[batch, length, heads · depth]`. */
function headsOf(x: Tensor, heads: number): Tensor {
  if (x.rank === 4) return x;
  const [batch, length] = x.shape as [number, number];
  return renga.transpose(renga.reshape(x, [batch, length, heads, -1]), [0, 2, 1, 3]);
}

function joined(past: Tensor | undefined, x: Tensor): Tensor {
  return past === undefined ? x : renga.concat([past, x], 2);
}

/** Several heads of queries for each of the keys: an axis more. */
function grouped(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | undefined) {
  const [groups, heads] = [k.shape[1] as number, q.shape[1] as number];
  const split = (x: Tensor): Tensor =>
    renga.reshape(x, [...x.shape.slice(0, 1), groups, heads / groups, ...x.shape.slice(2)]);
  const wide = (x: Tensor): Tensor => (x.shape[1] === heads ? split(x) : renga.expandDims(x, 2));
  const own = mask !== undefined && mask.rank === 4 ? wide(mask) : mask;
  return [split(q), renga.expandDims(k, 2), renga.expandDims(v, 2), own] as const;
}

/** Attributes that are heeded, and two of numbers of bits that make no difference in f32. */
const ATTRIBUTES = new Set([
  ...["is_causal", "q_num_heads", "kv_num_heads", "scale", "softcap"],
  ...["qk_matmul_output_mode", "softmax_precision"],
]);

function attention(call: Call): Result {
  const isCausal = call.flag("is_causal");
  const unknown = Object.keys(call.node.attributes).find((name) => !ATTRIBUTES.has(name));
  if (unknown !== undefined) return notMapped(`attention with ${unknown}`);
  if (call.node.outputs[3]) return notMapped("attention that returns scores");
  if (call.has(6)) return notMapped("attention with lengths of keys");
  if (isCausal && call.has(4)) return notMapped("causal attention with earlier keys");
  const heads = headsOf(call.x(0), call.attr("q_num_heads", 1));
  const count = call.attr("kv_num_heads", 1);
  const keys = joined(call.maybe(4), headsOf(call.x(1), count));
  const values = joined(call.maybe(5), headsOf(call.x(2), count));
  const isShared = heads.shape[1] !== keys.shape[1];
  const given = call.maybe(3);
  const [q, k, v, mask] = isShared
    ? grouped(heads, keys, values, given)
    : ([heads, keys, values, given] as const);
  const scale = call.list("scale")?.[0];
  const softCap = call.attr("softcap", 0);
  const y = renga.scaledDotProductAttention(q, k, v, {
    isCausal,
    ...(mask === undefined ? {} : { mask }),
    ...(softCap === 0 ? {} : { softCap }),
    ...(scale === undefined ? {} : { scale }),
  });
  const [batch, length] = [heads.shape[0] as number, heads.shape[2] as number];
  const apart = renga.reshape(y, [batch, heads.shape[1] as number, length, -1]);
  if (call.x().rank === 4) return [apart, keys, values];
  const side = renga.reshape(renga.transpose(apart, [0, 2, 1, 3]), [batch, length, -1]);
  return [side, keys, values];
}

export const ATTENTION: Readonly<Record<string, Run>> = {
  Attention: attention,
  RotaryEmbedding: () => notMapped("rotary embedding with given angles"),
};
