// Tensor: a shape and strides over GPU storage. Immutable; its operations are installed by ops.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Block } from "../gpu/buffers.ts";
import { type Device, device } from "../gpu/device.ts";
import { PlannedBlock, TraceEnded } from "../gpu/trace.ts";
import { BYTES_PER_ELEMENT, type DType, type HostData, byteSize, toHostData } from "./dtype.ts";
import { type Disposable, onAdoptedByRoot, scopeOwned } from "./scope.ts";
import { type Shape, contiguousStrides, isRowMajor, sizeOf } from "./shape.ts";

/** GPU memory that tensors share: a tensor and its views count themselves in. */
export class Storage {
  readonly owner: Device;
  #block: Block;
  #arena: Storage | undefined;
  refs = 0;

  /** @param arena  the storage that `block` is a slice of, kept alive by this one. */
  constructor(owner: Device, block: Block, arena?: Storage) {
    this.owner = owner;
    this.#block = block;
    this.#arena = arena;
    if (arena !== undefined) arena.refs++;
  }

  get block(): Block {
    return this.#block;
  }

  release(): void {
    if (--this.refs > 0) return;
    if (this.#arena === undefined) this.owner.release(this.#block);
    else this.#arena.release();
  }

  /**
   * Takes one owner's share out: that owner goes on with the block alone, and all others find a
   * copy of the value in its place.
   */
  split(): Storage {
    const { trace } = this.owner.recorder;
    // The others may be views that outlive the trace, and a planned copy would not.
    if (trace?.realize !== undefined && !(this.#block instanceof PlannedBlock))
      throw new TraceEnded();
    const block = this.#block;
    const own = new Storage(this.owner, block);
    own.#arena = this.#arena;
    own.refs = 1;
    this.#block = this.owner.allocate(block.size);
    this.#arena = undefined;
    this.refs--;
    this.owner.recorder.copy(block, 0, this.#block, 0, block.size);
    return own;
  }
}

/** Frees the storage of tensors that were dropped without dispose() outside any scope. */
const registry = new FinalizationRegistry<Storage>((storage) => storage.release());
onAdoptedByRoot((tensor) => {
  if (tensor instanceof Tensor) registry.register(tensor, tensor.storage, tensor);
});

/** Nested arrays of numbers or booleans. */
export type NestedArray = number | boolean | readonly NestedArray[];

/** A tensor on the GPU: `dtype` elements in `shape`. */
export class Tensor implements Disposable {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  /** Elements to skip per step along each axis. */
  readonly strides: readonly number[];
  /** First element within the storage. */
  readonly offset: number;
  /** Whether elements lie in row-major order without gaps. */
  readonly isContiguous: boolean;
  protected held: Storage | undefined;

  constructor(
    storage: Storage,
    shape: Shape,
    dtype: DType,
    strides?: readonly number[],
    offset = 0,
  ) {
    this.held = storage;
    storage.refs++;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.offset = offset;
    this.strides = strides ?? contiguousStrides(shape);
    this.isContiguous = strides === undefined || isRowMajor(shape, strides);
    this.track();
  }

  /** A new tensor with undefined contents, for a kernel to fill. */
  static empty(shape: Shape, dtype: DType): Tensor {
    const owner = device();
    const bytes = byteSize(dtype, Math.max(1, sizeOf(shape)));
    return new Tensor(new Storage(owner, owner.allocate(bytes)), shape, dtype);
  }

  /** The same storage seen with another shape. */
  static view(
    base: Tensor,
    shape: Shape,
    strides?: readonly number[],
    offset: number = base.offset,
  ): Tensor {
    const { storage } = base;
    storage.owner.recorder.trace?.touched.add(base);
    return new Tensor(storage, shape, base.dtype, strides, offset);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** @throws {UsageError} after dispose(). */
  get storage(): Storage {
    if (this.held !== undefined) return this.held;
    throw new UsageError("tensor", "a disposed tensor cannot be used", {
      got: `${this}`,
      remedy: "Return it from its scope() to keep it, or dispose of it later.",
    });
  }

  /**
   * The GPU memory behind it, for kernels.
   *
   * @throws {UsageError} if it was made on another device than the present one.
   */
  get block(): Block {
    const { storage } = this;
    if (storage.owner === device()) {
      storage.owner.recorder.trace?.touched.add(this);
      return storage.block;
    }
    throw new UsageError("tensor", "a tensor can only be used on the device it was made on", {
      got: `${this} of an earlier device`,
      remedy: "Make it again after init(), or load it from a checkpoint.",
    });
  }

  get isDisposed(): boolean {
    return this.held === undefined;
  }

  /** Frees the GPU memory unless views share it. Safe to call twice. */
  dispose(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    registry.unregister(this);
    held.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Elements in row-major order; a `Uint8Array` of 0 and 1 for bools.
   *
   * @throws {UsageError} at once in a compiled function, as `array` and `item` do.
   */
  data(): Promise<HostData> {
    requireEager();
    return this.#data();
  }

  async #data(): Promise<HostData> {
    const { shape, strides, dtype, size } = this;
    if (size === 0) return toHostData(dtype, new ArrayBuffer(0), 0);
    let low = this.offset;
    let high = this.offset;
    shape.forEach((length, i) => {
      const reach = (length - 1) * (strides[i] as number);
      if (reach < 0) low += reach;
      else high += reach;
    });
    // Copies start at whole words.
    low -= low % (4 / BYTES_PER_ELEMENT[dtype]);
    const bytes = byteSize(dtype, high - low + 1);
    const buffer = await device().read(this.block, low * BYTES_PER_ELEMENT[dtype], bytes);
    const isDense = this.isContiguous && this.offset === low;
    const elements = isDense ? buffer : gatherElements(buffer, this, this.offset - low);
    return toHostData(dtype, elements, size);
  }

  /** Nested arrays; a number or boolean for a scalar. */
  array(): Promise<NestedArray> {
    requireEager();
    return this.#array();
  }

  async #array(): Promise<NestedArray> {
    const flat = await this.#data();
    const isBool = this.dtype === "bool";
    let at = 0;
    const nest = (axis: number): NestedArray => {
      if (axis === this.rank) return isBool ? flat[at++] !== 0 : (flat[at++] as number);
      return Array.from({ length: this.shape[axis] as number }, () => nest(axis + 1));
    };
    return nest(0);
  }

  /** The only element as a number. */
  item(): Promise<number> {
    requireEager();
    return this.#item();
  }

  async #item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError("item", "the tensor must have one element", {
        got: shapeText(this.shape),
        remedy: "Reduce it first (mean(), sum()), or read all of it with data().",
      });
    }
    return (await this.#data())[0] as number;
  }

  toString(): string {
    return `Tensor(${shapeText(this.shape)}, ${this.dtype})`;
  }

  /** Enters the scope, or the garbage collector's register. Variables override it. */
  protected track(): void {
    const owned = scopeOwned();
    if (owned !== undefined) owned.push(this);
    else registry.register(this, this.storage, this);
  }
}

function requireEager(): void {
  if (device().recorder.trace === undefined) return;
  throw new UsageError("compile", "a compiled function cannot read values back", {
    remedy: "Return the tensor and await its data() outside.",
  });
}

/** Elements of a strided view, in row-major order. */
function gatherElements(source: ArrayBuffer, view: Tensor, start: number): ArrayBuffer {
  const Kind = BYTES_PER_ELEMENT[view.dtype] === 2 ? Uint16Array : Uint32Array;
  const from = new Kind(source);
  const to = new Kind(view.size);
  let at = 0;
  const walk = (axis: number, position: number): void => {
    if (axis === view.rank) {
      to[at++] = from[position] as number;
      return;
    }
    const stride = view.strides[axis] as number;
    for (let i = 0; i < (view.shape[axis] as number); i++) walk(axis + 1, position + i * stride);
  };
  walk(0, start);
  return to.buffer;
}
