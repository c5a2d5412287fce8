// Reference ops of attention: dot products, several heads, whole blocks, rotary positions.

import * as renga from "../../src/index.ts";
import { type AttentionOptions, type Tensor, grad, sum } from "../../src/index.ts";
import type { Named } from "./case.ts";
import type { Run } from "./run.ts";

type Attrs = Readonly<Record<string, unknown>>;

/** The options of a case; undefined for a scale or a mask that is not understood. */
function optionsOf(x: Named, { causal, scale }: Attrs): AttentionOptions | undefined {
  if (typeof scale === "string" && scale !== "1/sqrt(D)" && Number.isNaN(Number(scale))) {
    return undefined;
  }
  const number = scale === undefined || scale === "1/sqrt(D)" ? undefined : Number(scale);
  const mask = x.mask ?? x.bias ?? x.attn_mask ?? x.attn_bias;
  return {
    ...(mask === undefined ? {} : { mask }),
    ...(number === undefined ? {} : { scale: number }),
    isCausal: causal === true,
  };
}

/** The axes of [batch, heads, length, depth] from a layout like "B,T,H,D", and back. */
function layoutOf({ layout }: Attrs): { to: (x: Tensor) => Tensor; from: (x: Tensor) => Tensor } {
  const isLengthFirst = typeof layout === "string" && /^B,?[TSL],?[HN],?D$/.test(layout);
  const exchange = (x: Tensor): Tensor => (isLengthFirst ? x.transpose([0, 2, 1, 3]) : x);
  return { to: exchange, from: exchange };
}

/** Heads of k or v as many as those of q: each is shared by neighbours. */
function shared(x: Tensor, q: Tensor): Tensor {
  const [heads, own] = [q.shape.at(-3) ?? 1, x.shape.at(-3) ?? 1];
  if (x.rank < 3 || own === heads || own === 1) return x;
  const front = x.shape.slice(0, -3);
  const rows = x.shape.slice(-2);
  const repeated = x.reshape([...front, own, 1, ...rows]);
  return repeated
    .broadcastTo([...front, own, heads / own, ...rows])
    .reshape([...front, heads, ...rows]);
}

const attention: Run = (x, attrs) => {
  const options = optionsOf(x, attrs);
  if (options === undefined) return undefined;
  const { to, from } = layoutOf(attrs);
  const [q, k, v] = [x.q, x.k, x.v].map((given) => to(given as Tensor)) as [Tensor, Tensor, Tensor];
  return from(renga.scaledDotProductAttention(q, shared(k, q), shared(v, q), options));
};

/** x · w + b; weights stored [out, in] are turned. */
function project(x: Tensor, w: Tensor, b: Tensor | undefined, { weight_layout }: Attrs): Tensor {
  const isTurned = typeof weight_layout === "string" && weight_layout.startsWith("out");
  return renga.matmul(x, w, { transposeB: isTurned, ...(b === undefined ? {} : { bias: b }) });
}

/** Attention of x to `context`, or to itself, with projections before and after. */
function multiHead(x: Named, input: Tensor, context: Tensor, attrs: Attrs): Tensor | undefined {
  const options = optionsOf(x, attrs);
  if (options === undefined) return undefined;
  const heads = (attrs.heads ?? attrs.num_heads) as number;
  const shares = (attrs.kv_heads ?? attrs.num_kv_heads ?? heads) as number;
  const split = (y: Tensor, count: number): Tensor => {
    const [batch, length, width] = y.shape as [number, number, number];
    return y.reshape([batch, length, count, width / count]).transpose([0, 2, 1, 3]);
  };
  const q = split(project(input, x.wq as Tensor, x.bq, attrs), heads);
  const k = split(project(context, x.wk as Tensor, x.bk, attrs), shares);
  const v = split(project(x.value ?? context, x.wv as Tensor, x.bv, attrs), shares);
  const y = renga.scaledDotProductAttention(q, shared(k, q), shared(v, q), options);
  const joined = y.transpose([0, 2, 1, 3]);
  const [batch, length] = joined.shape as [number, number];
  return project(joined.reshape([batch, length, -1]), x.wo as Tensor, x.bo, attrs);
}

const multiHeadAttention: Run = (x, attrs) => {
  const input = (x.x ?? x.q ?? x.query) as Tensor;
  const context = x.context ?? x.memory ?? x.kv ?? x.c ?? x.y ?? x.k ?? x.key ?? input;
  return multiHead(x, input, context, attrs);
};

function layerNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): Tensor {
  const centred = x.sub(x.mean(-1, { keepDims: true }));
  const variance = centred.square().mean(-1, { keepDims: true });
  return centred.mul(variance.add(epsilon).rsqrt()).mul(scale).add(offset);
}

const ACTIVATIONS: readonly [RegExp, (x: Tensor) => Tensor][] = [
  [/gelu.*tanh/, (x) => x.gelu({ approximate: "tanh" })],
  [/gelu/, (x) => x.gelu()],
  [/relu/, (x) => x.relu()],
  [/silu|swish/, (x) => x.silu()],
  [/tanh/, (x) => x.tanh()],
];

const transformerBlock: Run = (x, attrs) => {
  const { eps = 1e-5, norm = "pre", mlp = "gelu tanh" } = attrs;
  const activate = ACTIVATIONS.find(([pattern]) => pattern.test(mlp as string))?.[1];
  if (activate === undefined) return undefined;
  const first = (y: Tensor): Tensor => layerNorm(y, x.g1 as Tensor, x.e1 as Tensor, eps as number);
  const second = (y: Tensor): Tensor => layerNorm(y, x.g2 as Tensor, x.e2 as Tensor, eps as number);
  const attend = (y: Tensor): Tensor | undefined => multiHead(x, y, y, attrs);
  const perceive = (y: Tensor): Tensor => {
    const hidden = activate(project(y, x.w1 as Tensor, x.b1, attrs));
    return project(hidden, x.w2 as Tensor, x.b2, attrs);
  };
  const input = x.x as Tensor;
  const attended = attend(norm === "pre" ? first(input) : input);
  if (attended === undefined || (norm !== "pre" && norm !== "post")) return undefined;
  if (norm === "pre") {
    const middle = input.add(attended);
    return middle.add(perceive(second(middle)));
  }
  const middle = first(input.add(attended));
  return second(middle.add(perceive(middle)));
};

const rope: Run = ({ x }, attrs) => {
  const { base = 10000, style = "half split", offset = 0 } = attrs;
  const isHalves = /half/i.test(style as string);
  if (!isHalves && !/interleaved|pair|adjacent|gpt-j/i.test(style as string)) return undefined;
  const { to, from } = layoutOf(attrs);
  const turned = renga.rotaryEmbedding(to(x as Tensor), {
    base: base as number,
    pairing: isHalves ? "halves" : "interleaved",
    offset: offset as number,
  });
  return from(turned);
};

/** gq, gk, gv = d⟨attention(q, k, vv), u⟩/d(q, k, vv). */
const gradOfAttention: Run = (x, attrs) => {
  const options = optionsOf(x, attrs);
  if (options === undefined) return undefined;
  const inputs = [x.q, x.k, x.vv ?? x.v] as [Tensor, Tensor, Tensor];
  const loss = (): Tensor => {
    return sum(renga.scaledDotProductAttention(...inputs, options).mul(x.u as Tensor));
  };
  const [gq, gk, gv] = grad(loss, inputs) as [Tensor, Tensor, Tensor];
  return { gq, gk, gv };
};

export const ATTENTION: Readonly<Record<string, Run>> = {
  scaled_dot_product_attention: attention,
  multi_head_attention: multiHeadAttention,
  cross_attention: multiHeadAttention,
  multi_head_cross_attention: multiHeadAttention,
  transformer_block: transformerBlock,
  rope,
  grad_of_sdpa: gradOfAttention,
};
