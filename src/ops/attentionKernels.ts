// How attention runs: fused kernels for whole attentions, and the softmax of the plain path.

import { device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { attention } from "../shaders/attention.ts";
import { attentionBlock } from "../shaders/attentionBlock.ts";
import { attentionDelta } from "../shaders/attentionDelta.ts";
import { attentionKeyGradient } from "../shaders/attentionKeyGradient.ts";
import { attentionQueryGradient } from "../shaders/attentionQueryGradient.ts";
import { attentionScore } from "../shaders/attentionScore.ts";
import { attentionSoftmax } from "../shaders/attentionSoftmax.ts";
import { attentionTiled } from "../shaders/attentionTiled.ts";
import { attentionTiledKeyGradient } from "../shaders/attentionTiledKeyGradient.ts";
import { attentionTiledQueryGradient } from "../shaders/attentionTiledQueryGradient.ts";
import { overGroup } from "../shaders/overGroup.ts";
import { type Shape, broadcastStrides, collapseAxes, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { KernelFamily, fold, gridOf } from "./dispatch.ts";
import { copy, dense } from "./elementwise.ts";
import { planRows } from "./rowPlan.ts";

/** One attention: `[…, queries, depth]` against `[…, keys, depth]`, over `batchShape`. */
export interface Attention {
  readonly batchShape: Shape;
  readonly queries: number;
  readonly keys: number;
  readonly mask: Tensor | undefined;
  readonly isCausal: boolean;
  readonly scale: number;
}

type Fused = "block" | "tiled";
type Pass = "forward" | "queryGradient" | "keyGradient";

const SHADERS: Readonly<Record<Fused, Readonly<Record<Pass, ShaderSource>>>> = {
  block: {
    forward: attention,
    queryGradient: attentionQueryGradient,
    keyGradient: attentionKeyGradient,
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
  return kernel === "block" || size === 32 ? 8 : 16;
}

function constants(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join("\n");
}

const maskOf = (mask: Tensor | undefined): string => mask?.dtype ?? "none";

const kernels = /* @__PURE__ */ new KernelFamily((key) => {
  const [kernel, pass, mask, sizeText] = key.split(" ") as [Fused, Pass, "none", string];
  const size = Number(sizeText);
  const rows = rowsOf(kernel, size);
  const lanes = 64 / rows;
  const numbers = constants({
    MASK: MASKS.indexOf(mask),
    ...(kernel === "block"
      ? { VECTORS: size }
      : {
          ROWS: rows,
          LANES: lanes,
          KEYS: pass === "forward" ? 2 * rows : rows,
          VECTORS: size / lanes,
        }),
  });
  const prelude = [numbers, attentionScore, kernel === "block" ? attentionBlock : ""].join("\n");
  return { shader: SHADERS[kernel][pass], prelude };
});

const softmaxes = /* @__PURE__ */ new KernelFamily((key) => {
  const [entryPoint, mask] = key.split(" ") as [string, "none"];
  const prelude = `${constants({ MASK: MASKS.indexOf(mask) })}\n${attentionScore}\n${overGroup}`;
  return { shader: attentionSoftmax, prelude, entryPoint };
});

const deltas = /* @__PURE__ */ new KernelFamily<"main">(() => ({ shader: attentionDelta }));

/** Every kernel of this file. */
export function attentionKernels(): Kernel[] {
  const fused = (["block", "tiled"] as const).flatMap((kernel) =>
    PASSES.flatMap((pass) =>
      MASKS.flatMap((mask) => SIZES.map((size) => `${kernel} ${pass} ${mask} ${size}`)),
    ),
  );
  const rows = ["threads", "groups"].flatMap((entry) => MASKS.map((m) => `${entry} ${m}`));
  return [...kernels.all(fused), ...softmaxes.all(rows), deltas.get("main")];
}

/** Whether a kernel can read vectors of four along the last axis. */
function hasVectors(x: Tensor): boolean {
  const outer = x.strides.slice(0, -1).filter((_, i) => x.shape[i] !== 1);
  return (
    x.strides.at(-1) === 1 && [x.offset, ...outer].every((step) => step >= 0 && step % 4 === 0)
  );
}

interface Walk {
  readonly operands: readonly Tensor[];
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Three batch axes that all operands walk through, which are copied in full where three are few. */
function walkOf(batchShape: Shape, operands: readonly Tensor[]): Walk {
  const strides = operands.map((x) => {
    return broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batchShape);
  });
  const merged = collapseAxes("scaledDotProductAttention", batchShape, strides);
  if (merged.shape.length > 3) {
    const whole = operands.map((x) => {
      const shape = [...batchShape, ...x.shape.slice(-2)];
      return copy.run(Tensor.view(x, shape, broadcastStrides(x.shape, x.strides, shape)));
    });
    return walkOf(batchShape, whole);
  }
  const front = <T>(values: readonly T[], filler: T): T[] => {
    return [filler, filler, filler, ...values].slice(-3);
  };
  const walks = merged.strides.map((steps) => front(steps, 0));
  return { operands, shape: front(merged.shape, 1), strides: walks };
}

/** Values of the kernels' Params; strides of q, k and v are in vectors, those of the mask are not. */
function paramsOf(
  job: Attention,
  vectors: number,
  { operands, shape, strides }: Walk,
  mask: Tensor | undefined,
): (number | readonly number[])[] {
  const last = mask === undefined ? operands.length : operands.length - 1;
  const steps = operands.map((x, i) => {
    const unit = i === last ? 1 : 4;
    const row = x.shape.at(-2) === 1 ? 0 : (x.strides.at(-2) as number);
    return [...(strides[i] as readonly number[]), row].map((step) => Math.floor(step / unit));
  });
  const none = [0, 0, 0, 0];
  const before = last === 0 ? [none, none, none] : steps.slice(0, last);
  const starts = last === 0 ? [0, 0, 0] : operands.slice(0, last).map((x) => x.offset / 4);
  const column = mask?.shape.at(-1) === 1 ? 0 : (mask?.strides.at(-1) ?? 0);
  return [
    ...[sizeOf(job.batchShape), job.queries, job.keys, vectors],
    ...[shape[1] as number, shape[2] as number, job.isCausal ? 0 : job.keys, column, job.scale],
    [...starts, mask?.offset ?? 0],
    ...before,
    steps[last] ?? none,
  ];
}

/** The mask as `[…, queries, keys]` with strides that only go forward. */
function maskView(mask: Tensor | undefined): Tensor | undefined {
  if (mask === undefined) return undefined;
  const shape = [1, 1, ...mask.shape].slice(-Math.max(2, mask.rank));
  const strides = [0, 0, ...mask.strides].slice(-shape.length);
  const isForward = strides.every((stride) => stride >= 0);
  return isForward ? Tensor.view(mask, shape, strides) : Tensor.view(copy.run(mask), shape);
}

/** A fused attention laid out for its kernels, which its gradients read again. */
export class FusedAttention {
  readonly #job: Attention;
  readonly #kernel: Fused;
  readonly #vectors: number;
  readonly #walk: Walk;
  readonly #mask: Tensor | undefined;
  readonly #params: readonly (number | readonly number[])[];

  /** @param operands  q, k and v with rows of the same length, a multiple of 4 up to 128. */
  constructor(kernel: Fused, operands: readonly Tensor[], job: Attention) {
    this.#job = job;
    this.#kernel = kernel;
    this.#vectors = ((operands[0] as Tensor).shape.at(-1) as number) / 4;
    const mask = maskView(job.mask);
    const readable = operands.map((x) => (hasVectors(x) ? x : copy.run(x)));
    this.#walk = walkOf(job.batchShape, mask === undefined ? readable : [...readable, mask]);
    this.#mask = mask === undefined ? undefined : this.#walk.operands[3];
    this.#params = paramsOf(job, this.#vectors, this.#walk, this.#mask);
  }

  /** y, and for each query lse = log Σ exp(scores). */
  forward(): { y: Tensor; lse: Tensor } {
    const { batchShape, queries } = this.#job;
    const y = Tensor.empty([...batchShape, queries, this.#vectors * 4], "f32");
    const lse = Tensor.empty([...batchShape, queries], "f32");
    this.#launch("forward", queries, [y, lse]);
    return { y, lse };
  }

  /** dq, dk and dv over the whole batch shape. */
  backward(given: Tensor, y: Tensor, lse: Tensor): [Tensor, Tensor, Tensor] {
    const { batchShape, queries, keys } = this.#job;
    const depth = this.#vectors * 4;
    const dy = dense(given);
    const stats = Tensor.empty([lse.size, 2], "f32");
    const blocks = [y, dy, lse, stats].map(({ block }) => block);
    device().dispatch(deltas.get("main"), blocks, [lse.size, this.#vectors], ...gridOf(lse.size));
    const dq = Tensor.empty([...batchShape, queries, depth], "f32");
    const dk = Tensor.empty([...batchShape, keys, depth], "f32");
    const dv = Tensor.empty([...batchShape, keys, depth], "f32");
    this.#launch("queryGradient", queries, [dy, stats, dq]);
    this.#launch("keyGradient", keys, [dy, stats, dk, dv]);
    return [dq, dk, dv];
  }

  #launch(pass: Pass, rows: number, others: readonly Tensor[]): void {
    const size = SIZES.find((limit) => this.#vectors <= limit) as number;
    const kernel = kernels.get(`${this.#kernel} ${pass} ${maskOf(this.#mask)} ${size}`);
    const [q, k, v] = this.#walk.operands as [Tensor, Tensor, Tensor];
    const blocks = [q, k, v, this.#mask ?? q, ...others].map(({ block }) => block);
    const tiles = Math.ceil(rows / rowsOf(this.#kernel, size)) * sizeOf(this.#job.batchShape);
    const groups = this.#kernel === "block" ? Math.ceil(tiles / 16) : tiles;
    device().dispatch(kernel, blocks, this.#params, ...fold(groups));
  }
}

/** softmax(scale · x + bias) of contiguous products `[…, queries, keys]`. */
export function launchWeights(x: Tensor, job: Attention): Tensor {
  const p = Tensor.empty(x.shape, "f32");
  if (p.size === 0) return p;
  const view = maskView(job.mask);
  const walk = walkOf(job.batchShape, view === undefined ? [] : [view]);
  const [mask] = walk.operands;
  const params = paramsOf(job, 0, walk, mask);
  params[9] = [x.offset, 0, 0, mask?.offset ?? 0];
  const rows = x.size / job.keys;
  const { entry, grid } = planRows(rows, job.keys, 32);
  const kernel = softmaxes.get(`${entry} ${maskOf(mask)}`);
  const blocks = [x, mask ?? x, p].map(({ block }) => block);
  device().dispatch(kernel, blocks, params, ...grid);
  return p;
}
