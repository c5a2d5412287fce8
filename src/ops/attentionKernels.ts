// How attention runs: fused kernels for whole attentions, and the softmax of the plain path.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { attention } from "../shaders/attention.ts";
import { attentionBlock } from "../shaders/attentionBlock.ts";
import { attentionBlockScore } from "../shaders/attentionBlockScore.ts";
import { attentionDelta } from "../shaders/attentionDelta.ts";
import { attentionItem } from "../shaders/attentionItem.ts";
import { attentionKept } from "../shaders/attentionKept.ts";
import { attentionKeptKeyGradient } from "../shaders/attentionKeptKeyGradient.ts";
import { attentionKeptQueryGradient } from "../shaders/attentionKeptQueryGradient.ts";
import { attentionKeyGradient } from "../shaders/attentionKeyGradient.ts";
import { attentionQueryGradient } from "../shaders/attentionQueryGradient.ts";
import { attentionScore } from "../shaders/attentionScore.ts";
import { attentionSoftmax } from "../shaders/attentionSoftmax.ts";
import { attentionStore } from "../shaders/attentionStore.ts";
import { attentionTiled } from "../shaders/attentionTiled.ts";
import { attentionTiledKeyGradient } from "../shaders/attentionTiledKeyGradient.ts";
import { attentionTiledQueryGradient } from "../shaders/attentionTiledQueryGradient.ts";
import { attentionWeights } from "../shaders/attentionWeights.ts";
import { sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as layouts from "./attentionLayout.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { copy } from "./elementwise.ts";
import { overGroup } from "./overGroup.ts";
import { planRows } from "./rowPlan.ts";

/** "block" and "kept" for software adapters, "tiled" for GPUs; "kept" keeps the weights. */
export type Fused = "block" | "kept" | "tiled";
type Pass = "forward" | "queryGradient" | "keyGradient";

const SHADERS: Readonly<Record<Fused, Readonly<Record<Pass, ShaderSource>>>> = {
  block: {
    forward: attention,
    queryGradient: attentionQueryGradient,
    keyGradient: attentionKeyGradient,
  },
  kept: {
    forward: attentionKept,
    queryGradient: attentionKeptQueryGradient,
    keyGradient: attentionKeptKeyGradient,
  },
  tiled: {
    forward: attentionTiled,
    queryGradient: attentionTiledQueryGradient,
    keyGradient: attentionTiledKeyGradient,
  },
};

/** Vectors of four in a row: a kernel holds at most one of these. */
const SIZES = [4, 8, 16, 32] as const;
const MASKS = ["none", "bool", "f32"] as const;
const PASSES = ["forward", "queryGradient", "keyGradient"] as const;

/** Rows that a thread (block) or a workgroup (tiled) computes. */
function rowsOf(kernel: Fused, size: number): number {
  return kernel !== "tiled" || size === 32 ? 8 : 16;
}

function constants(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join("\n");
}

const maskOf = (mask: Tensor | undefined): string => mask?.dtype ?? "none";

/** WGSL that a kernel shares with others; gradients from kept weights need no scores. */
function partsOf(kernel: Fused, pass: Pass): string[] {
  if (kernel === "tiled") return [attentionItem, attentionScore];
  const kept = kernel === "kept" ? [attentionWeights] : [];
  if (kernel === "kept" && pass !== "forward") return [attentionItem, attentionBlock, ...kept];
  const stores = pass === "forward" ? [attentionStore] : [];
  return [attentionItem, attentionScore, attentionBlock, attentionBlockScore, ...kept, ...stores];
}

const kernels = /* @__PURE__ */ new KernelFamily((key) => {
  const [kernel, pass, mask, sizeText] = key.split(" ") as [Fused, Pass, "none", string];
  const size = Number(sizeText);
  const rows = rowsOf(kernel, size);
  const lanes = 64 / rows;
  const numbers = constants({
    MASK: MASKS.indexOf(mask),
    ...(kernel === "tiled"
      ? {
          ROWS: rows,
          LANES: lanes,
          KEYS: pass === "forward" ? 2 * rows : rows,
          VECTORS: size / lanes,
        }
      : { VECTORS: size }),
  });
  const prelude = [numbers, ...partsOf(kernel, pass)].join("\n");
  return { shader: SHADERS[kernel][pass], prelude };
});

const softmaxes = /* @__PURE__ */ new KernelFamily((key) => {
  const [entryPoint, mask] = key.split(" ") as [string, "none"];
  const parts = [constants({ MASK: MASKS.indexOf(mask) }), attentionItem, attentionScore];
  return { shader: attentionSoftmax, prelude: parts.join("\n"), part: overGroup, entryPoint };
});

const deltas = /* @__PURE__ */ new KernelFamily<"main">(() => ({ shader: attentionDelta }));

/** Kinds of masks that make a kernel different. */
function masksOf(kernel: Fused, pass: Pass): readonly (typeof MASKS)[number][] {
  return kernel === "kept" && pass !== "forward" ? ["none"] : MASKS;
}

/** Every kernel of this file. */
export function attentionKernels(): Kernel[] {
  const fused = (["block", "kept", "tiled"] as const).flatMap((kernel) =>
    PASSES.flatMap((pass) =>
      masksOf(kernel, pass).flatMap((mask) =>
        SIZES.map((size) => `${kernel} ${pass} ${mask} ${size}`),
      ),
    ),
  );
  const rows = ["threads", "groups"].flatMap((entry) => MASKS.map((m) => `${entry} ${m}`));
  return [...kernels.all(fused), ...softmaxes.all(rows), deltas.get("main")];
}

/** A fused attention laid out for its kernels, which its gradients read again. */
export class FusedAttention {
  readonly #job: layouts.Attention;
  readonly #kernel: Fused;
  readonly #vectors: number;
  readonly #layout: layouts.AttentionLayout;
  readonly #params: readonly (number | readonly number[])[];

  /** @param operands  q, k and v with rows of the same length, a multiple of 4 up to 128. */
  constructor(kernel: Fused, operands: readonly Tensor[], job: layouts.Attention) {
    this.#job = job;
    this.#kernel = kernel;
    this.#vectors = ((operands[0] as Tensor).shape.at(-1) as number) / 4;
    const mask = layouts.maskView(job.mask);
    this.#layout = layouts.layoutOf(job, mask === undefined ? operands : [...operands, mask]);
    this.#params = layouts.fusedParams(job, this.#vectors, this.#layout);
  }

  /**
   * y with its rows in the order of those of q, and what the gradients need: by kernel either the
   * weights, or lse = log Σ exp(scores) of each query.
   */
  forward(): { y: Tensor; kept: Tensor } {
    const { batchShape, queries, keys } = this.#job;
    const items = sizeOf(batchShape);
    const y = strided([...batchShape, queries, this.#vectors * 4], this.#layout.y);
    const padded = (rows: number): number => Math.ceil(rows / 8) * 8;
    const kept = Tensor.empty(
      this.#kernel === "kept" ? [items, padded(queries), padded(keys)] : [items, queries],
      "f32",
    );
    const [q, k, v, mask = q] = this.#layout.operands as [Tensor, Tensor, Tensor, Tensor?];
    this.#launch("forward", queries, [q, k, v, mask, y, kept]);
    return { y, kept };
  }

  /** dq, dk and dv over the whole batch shape; parts of one product's gradient where q, k, v are. */
  backward(given: Tensor, y: Tensor, kept: Tensor): [Tensor, Tensor, Tensor] {
    const { queries, keys } = this.#job;
    const [q, k, v, mask = q] = this.#layout.operands as [Tensor, Tensor, Tensor, Tensor?];
    const dy = alike(given, y);
    const [dq, dk, dv] = this.#makeGradients();
    if (this.#kernel === "kept") {
      const changes = Tensor.empty(kept.shape, "f32");
      this.#launch("queryGradient", queries, [k, v, kept, y, dy, changes, dq]);
      this.#launch("keyGradient", keys, [q, dy, kept, changes, dk]);
      return [dq, dk, dv];
    }
    const stats = Tensor.empty([kept.size, 2], "f32");
    const blocks = [y, dy, kept, stats].map(({ block }) => block);
    device().dispatch(deltas.get("main"), blocks, [kept.size, this.#vectors], ...gridOf(kept.size));
    this.#launch("queryGradient", queries, [q, k, v, mask, dy, stats, dq]);
    this.#launch("keyGradient", keys, [q, k, v, mask, dy, stats, dk]);
    return [dq, dk, dv];
  }

  /** dk and dv share a block, and dq lies there, too, where q, k and v are parts of one product. */
  #makeGradients(): [Tensor, Tensor, Tensor] {
    const { batchShape, queries, keys } = this.#job;
    const { dq, dk, step } = this.#layout;
    const [dqShape, dkShape] = [queries, keys].map((rows) => {
      return [...batchShape, rows, this.#vectors * 4];
    }) as [number[], number[]];
    const size = sizeOf(dkShape);
    if (step === undefined) {
      const both = Tensor.empty([2 * size], "f32");
      const at = (first: number): Tensor => Tensor.view(both, dkShape, dk, first);
      return [strided(dqShape, dq), at(0), at(size)];
    }
    const all = Tensor.empty([3 * size], "f32");
    const at = (first: number): Tensor => Tensor.view(all, dkShape, dk, first);
    return [at(0), at(step), at(2 * step)];
  }

  #launch(pass: Pass, rows: number, tensors: readonly Tensor[]): void {
    const size = SIZES.find((limit) => this.#vectors <= limit) as number;
    const mask = maskOf(this.#job.mask);
    const kind = masksOf(this.#kernel, pass).length === 1 ? "none" : mask;
    const kernel = kernels.get(`${this.#kernel} ${pass} ${kind} ${size}`);
    const blocks = tensors.map(({ block }) => block);
    const tiles = Math.ceil(rows / rowsOf(this.#kernel, size)) * sizeOf(this.#job.batchShape);
    const groups = this.#kernel === "tiled" ? tiles : Math.ceil(tiles / 16);
    device().dispatch(kernel, blocks, this.#params, ...fold(groups));
  }
}

/** A new tensor whose elements lie densely, in the order that strides say. */
function strided(shape: readonly number[], strides: readonly number[]): Tensor {
  return Tensor.view(Tensor.empty([sizeOf(shape)], "f32"), shape, strides);
}

/** x with its elements where those of `like`, which fills its block, lie. */
function alike(x: Tensor, like: Tensor): Tensor {
  const isAlike = x.shape.every((n, axis) => n === 1 || x.strides[axis] === like.strides[axis]);
  if (isAlike && x.offset === 0) return x;
  const order = x.shape
    .map((_, axis) => axis)
    .sort((a, b) => (like.strides[b] as number) - (like.strides[a] as number) || a - b);
  const pick = (values: readonly number[]): number[] => order.map((axis) => values[axis] as number);
  const inOrder = Tensor.view(x, pick(x.shape), pick(x.strides));
  return Tensor.view(copy.run(inOrder), x.shape, like.strides);
}

/** softmax(scale · x + bias) of contiguous products `[…, queries, keys]`. */
export function launchWeights(x: Tensor, job: layouts.Attention): Tensor {
  const p = Tensor.empty(x.shape, "f32");
  if (p.size === 0) return p;
  const mask = layouts.maskView(job.mask);
  const { view, shape, strides } = layouts.walkMask(job.batchShape, mask);
  const rows = x.size / job.keys;
  const { entry, grid } = planRows(rows, job.keys, 32);
  const kernel = softmaxes.get(`${entry} ${maskOf(mask)}`);
  const blocks = [x, view ?? x, p].map(({ block }) => block);
  const none = [0, 0, 0, 0];
  const params = [
    ...layouts.scoreParams(job, 0, shape, view),
    ...[[x.offset, 0, 0, view?.offset ?? 0], none, none, none, strides],
  ];
  device().dispatch(kernel, blocks, params, ...grid);
  return p;
}
