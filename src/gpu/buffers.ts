// GPU memory: size-classed buffers that are reused, and an account of what is alive, by kind.

/** What a buffer is for; `memory()` adds up by it. */
export type BufferKind = "tensor" | "variable" | "optimizer" | "params" | "staging";

/** A region of a GPU buffer that a kernel can bind: a whole pooled buffer, or an aligned slice of one. */
export interface Block {
  /** Unique for the device's life; bind groups are cached by it. */
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  /** Bytes that a binding covers, at least what was asked for. */
  readonly size: number;
  readonly kind: BufferKind;
  /** The block that owns the buffer; itself, unless this is a slice. */
  readonly root: Block;
  /** Number of the submit that used it last; written by the recorder. */
  lastUse: number;
}

/** Bytes and buffers alive on the GPU. */
export interface MemoryUse {
  readonly bytes: number;
  readonly buffers: number;
}

/** What `memory()` returns. `cached` buffers are free, kept for reuse, and not in the totals. */
export interface MemoryReport extends MemoryUse {
  readonly byKind: Readonly<Record<BufferKind, MemoryUse>>;
  readonly cached: MemoryUse;
}

/** Slices of an arena start at multiples of this: WebGPU's storage offset alignment. */
export const SLICE_ALIGNMENT = 256;

const KINDS: readonly BufferKind[] = ["tensor", "variable", "optimizer", "params", "staging"];

/** Free buffers beyond this are given back to the driver. */
const MAX_CACHED_BYTES = 512 * 2 ** 20;

/** Size class of a request: powers of two, with quarter steps from 64 KiB so that little is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= SLICE_ALIGNMENT) return SLICE_ALIGNMENT;
  const power = 2 ** Math.ceil(Math.log2(bytes));
  if (power <= 65536) return power;
  const step = power / 8;
  return Math.ceil(bytes / step) * step;
}

/**
 * Buffers by size class, last freed first reused: a training loop then meets the same buffers in
 * the same places in every step, and its bind groups are all found in the cache.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  /** Bytes of the largest block: what can be bound, in whole vectors of four words. */
  readonly largest: number;
  readonly #beforeDestroy: () => void;
  readonly #free = new Map<number, Block[]>();
  readonly #live = new Map<BufferKind, { bytes: number; buffers: number }>();
  readonly #cached = { bytes: 0, buffers: 0 };
  #nextId = 1;

  constructor(device: GPUDevice, beforeDestroy: () => void) {
    this.#device = device;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.largest = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16) * 16;
    this.#beforeDestroy = beforeDestroy;
    for (const kind of KINDS) this.#live.set(kind, { bytes: 0, buffers: 0 });
  }

  /** Bytes of a block for a request. It is bound as a whole: the last class ends where bindings do. */
  sizeOf(bytes: number): number {
    return Math.min(sizeClass(bytes), this.largest);
  }

  /**
   * A block of at least `bytes`; contents are whatever was there.
   *
   * @param isExact  whether it has no more than `bytes`, for memory that is planned once.
   */
  allocate(bytes: number, kind: BufferKind, isExact = false): Block {
    const size = isExact ? bytes : kind === "staging" ? sizeClass(bytes) : this.sizeOf(bytes);
    const use = this.#live.get(kind);
    if (use !== undefined) {
      use.bytes += size;
      use.buffers += 1;
    }
    const list = kind === "staging" ? undefined : this.#free.get(size);
    const reused = list?.pop();
    if (reused === undefined) return this.#create(size, kind);
    this.#cached.bytes -= size;
    this.#cached.buffers -= 1;
    if (reused.kind === kind) return reused;
    const block = { ...reused, kind } as { root: Block } & Block;
    block.root = block;
    return block;
  }

  /** A binding into `root` at a multiple of 256 bytes; it owns nothing and is never released. */
  slice(root: Block, offset: number, size: number): Block {
    const { buffer, kind } = root;
    return { id: this.#nextId++, buffer, offset, size, kind, root, lastUse: 0 };
  }

  /** Takes a block back. The GPU may still use it: later commands come after those already recorded. */
  release(block: Block): void {
    const use = this.#live.get(block.kind);
    if (use !== undefined) {
      use.bytes -= block.size;
      use.buffers -= 1;
    }
    if (block.kind === "staging") return block.buffer.destroy();
    const list = this.#free.get(block.size);
    if (list === undefined) this.#free.set(block.size, [block]);
    else list.push(block);
    this.#cached.bytes += block.size;
    this.#cached.buffers += 1;
    if (this.#cached.bytes > MAX_CACHED_BYTES) this.trim();
  }

  /** Destroys all free buffers. */
  trim(): void {
    this.#beforeDestroy();
    for (const list of this.#free.values()) for (const block of list) block.buffer.destroy();
    this.#free.clear();
    this.#cached.bytes = 0;
    this.#cached.buffers = 0;
  }

  memory(): MemoryReport {
    const byKind = Object.fromEntries(
      KINDS.map((kind) => [kind, { ...this.#live.get(kind) }]),
    ) as unknown as Record<BufferKind, MemoryUse>;
    const uses = Object.values(byKind);
    return {
      bytes: uses.reduce((sum, use) => sum + use.bytes, 0),
      buffers: uses.reduce((sum, use) => sum + use.buffers, 0),
      byKind,
      cached: { ...this.#cached },
    };
  }

  #create(size: number, kind: BufferKind): Block {
    const usage =
      kind === "staging"
        ? GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
        : kind === "params"
          ? GPUBufferUsage.UNIFORM | GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
          : GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.#device.createBuffer({ label: kind, size, usage });
    const block = { id: this.#nextId++, buffer, offset: 0, size, kind, lastUse: 0 } as {
      root: Block;
    } & Omit<Block, "root">;
    block.root = block;
    return block;
  }
}
