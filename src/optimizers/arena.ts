// Parameters, gradients and slots in flat arenas of one layout, so that one dispatch updates all.

import { type Block, SLICE_ALIGNMENT, type BufferKind } from "../gpu/buffers.ts";
import { type Device, device } from "../gpu/device.ts";
import type { Launch, Piece } from "../gpu/joints.ts";
import { Kernel } from "../gpu/kernel.ts";
import { gridOf } from "../ops/dispatch.ts";
import { dense } from "../ops/elementwise.ts";
import { arenaNorm } from "../shaders/arenaNorm.ts";
import { pack } from "../shaders/pack.ts";
import { BYTES_PER_ELEMENT } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { Storage, type Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** Bytes of the vectors that arena kernels work on. */
const VECTOR_BYTES = 16;

/** Sources of one packing dispatch. */
const PACK_SOURCES = 6;

/** Threads that add squares for a norm, as in the shader. */
const NORM_THREADS = 1024;

const normPass = (entryPoint: string): Kernel => {
  return new Kernel({ shader: arenaNorm, entryPoint, variant: entryPoint });
};
const squaring: Kernel = /* @__PURE__ */ normPass("squares");
const norming: Kernel = /* @__PURE__ */ normPass("norm");
const scaling: Kernel = /* @__PURE__ */ normPass("scale");

const packing: Kernel = /* @__PURE__ */ new Kernel({
  shader: pack,
  packing: { piecesOf, launches: packLaunches },
});

/** Every kernel of this file. */
export function arenaKernels(): Kernel[] {
  return [packing, squaring, norming, scaling];
}

/** Where each parameter lies, in bytes. */
export interface Layout {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly total: number;
}

function packLaunches(pieces: readonly Piece[]): Launch[] {
  const launches: Launch[] = [];
  for (let i = 0; i < pieces.length; i += PACK_SOURCES) {
    launches.push(packLaunch(pieces.slice(i, i + PACK_SOURCES)));
  }
  return launches;
}

function packLaunch(pieces: readonly Piece[]): Launch {
  const starts: number[] = [];
  let count = 0;
  for (const { size } of pieces) {
    starts.push(count);
    count += Math.ceil(size / 4);
  }
  const absent = PACK_SOURCES - pieces.length;
  const fill = (values: number[], value: number): number[] => {
    return [...values, ...Array<number>(absent).fill(value), 0, 0];
  };
  const words = [
    fill(starts, 0xffffffff),
    fill(
      pieces.map(({ offset }) => offset / VECTOR_BYTES),
      0,
    ),
    fill(
      pieces.map(({ size }) => size),
      0,
    ),
  ];
  const blocks = pieces.map(({ source }) => source);
  while (blocks.length < PACK_SOURCES) blocks.push(blocks[0] as Block);
  const halves = words.flatMap((list) => [list.slice(0, 4), list.slice(4)]);
  const { target } = pieces[0] as Piece;
  return { blocks: [...blocks, target], params: [count, ...halves], grid: [...gridOf(count), 1] };
}

function piecesOf({ blocks, params }: Launch): Piece[] {
  const lists = params.slice(1) as (readonly number[])[];
  const [starts, targets, sizes] = [0, 2, 4].map((i) => lists.slice(i, i + 2).flat());
  const target = blocks[PACK_SOURCES] as Block;
  return (sizes as number[]).slice(0, PACK_SOURCES).flatMap((size, i) => {
    if (starts?.[i] === 0xffffffff) return [];
    const offset = (targets?.[i] as number) * VECTOR_BYTES;
    return [{ source: blocks[i] as Block, target, offset, size }];
  });
}

/** Slices aligned for binding, in the order of the shapes. */
export function layoutOf(shapes: readonly Shape[]): Layout {
  const offsets: number[] = [];
  const sizes: number[] = [];
  let total = 0;
  for (const shape of shapes) {
    const bytes = shape.reduce((size, n) => size * n, 1) * BYTES_PER_ELEMENT.f32;
    offsets.push(total);
    sizes.push(Math.max(VECTOR_BYTES, Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES));
    total += Math.ceil(Math.max(1, bytes) / SLICE_ALIGNMENT) * SLICE_ALIGNMENT;
  }
  return { offsets, sizes, total };
}

/** One buffer with a slice per parameter. */
export class Arena {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly #device: Device;

  constructor(layout: Layout, kind: BufferKind) {
    this.#device = device();
    this.layout = layout;
    this.storage = new Storage(this.#device, this.#device.allocate(layout.total, kind));
    this.storage.refs = 1;
  }

  get block(): Block {
    return this.storage.block;
  }

  /** Whether it lies on another device than the present one. */
  get isLost(): boolean {
    return this.#device !== device();
  }

  /** Storage of the slice of parameter `index`, which keeps the arena alive. */
  slice(index: number): Storage {
    const { offsets, sizes } = this.layout;
    const bytes = sizes[index] as number;
    const block = this.#device.slice(this.block, offsets[index] as number, bytes);
    return new Storage(this.#device, block, this.storage);
  }

  /** Moves variables in, values and all. */
  adopt(variables: readonly Variable[]): void {
    variables.forEach((variable, i) => {
      const slice = this.slice(i);
      const bytes = variable.size * BYTES_PER_ELEMENT.f32;
      this.#device.recorder.copy(variable.block, 0, slice.block, 0, bytes);
      variable.moveTo(slice);
    });
  }

  /** Writes gradients into their slices; null ones are left out. */
  pack(gradients: readonly (Tensor | null)[]): void {
    const present = gradients.flatMap((gradient, index) => {
      return gradient === null ? [] : [{ x: dense(gradient), index }];
    });
    const pieces = present.map(({ x, index }): Piece => {
      const offset = this.layout.offsets[index] as number;
      return { source: x.block, target: this.block, offset, size: x.size };
    });
    for (const { blocks, params, grid } of packLaunches(pieces)) {
      this.#device.dispatch(packing, blocks, params, ...grid);
    }
  }

  /** Scales everything down so that the norm of the whole arena is at most `limit`. */
  limitNorm(limit: number): void {
    const gpu = this.#device;
    const partial = gpu.allocate((NORM_THREADS + 1) * BYTES_PER_ELEMENT.f32);
    const blocks = [this.block, partial];
    const count = this.layout.total / VECTOR_BYTES;
    gpu.dispatch(squaring, blocks, [count, limit], NORM_THREADS / 64);
    gpu.dispatch(norming, blocks, [count, limit], 1);
    gpu.dispatch(scaling, blocks, [count, limit], ...gridOf(count));
    gpu.release(partial);
  }
}
