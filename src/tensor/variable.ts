// Variable: a tensor with a name, whose value training replaces in place.

import { UsageError } from "../errors.ts";
import type { Block } from "../gpu/buffers.ts";
import { device } from "../gpu/device.ts";
import { PlannedBlock } from "../gpu/trace.ts";
import { BYTES_PER_ELEMENT, byteSize, isFloat } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import { currentNameScope } from "./nameScope.ts";
import { Storage, Tensor } from "./tensor.ts";

/** Options of a variable. */
export interface VariableOptions {
  /** Without its module's name, which comes in front: `w` becomes `linear/w`. */
  readonly name?: string;
  /** Whether tapes watch it and `trainableVariables` lists it. Default: true for f32 and f16. */
  readonly trainable?: boolean;
}

/** Memory that a variable is laid over. */
interface Existing {
  readonly storage: Storage;
  readonly shape: Shape;
}

/** Elements between the start of a word and the first element: copies begin at whole words. */
function skippedBefore({ dtype, offset }: Tensor): number {
  return offset % (4 / BYTES_PER_ELEMENT[dtype]);
}

/** Storage of its own with a tensor's value. */
function copyOf(value: Tensor): Storage {
  if (!value.isContiguous) {
    throw new UsageError("Variable", "the initial value must be contiguous", {
      got: `a strided view ${value}`,
      remedy: "Call contiguous() on it.",
    });
  }
  const owner = device();
  const { recorder } = owner;
  const { trace } = recorder;
  // Within a function's first call the value may only be planned yet.
  const isPlanned = value.block instanceof PlannedBlock;
  const source = trace?.realize && isPlanned ? trace.realize(value.block) : value.block;
  const skipped = skippedBefore(value);
  const bytes = byteSize(value.dtype, skipped + Math.max(1, value.size));
  const from = (value.offset - skipped) * BYTES_PER_ELEMENT[value.dtype];
  return recorder.outsideTrace(() => {
    const block = owner.allocate(bytes, "variable");
    recorder.copy(source, from, block, 0, bytes);
    if (source !== value.block) owner.release(source);
    return new Storage(owner, block);
  });
}

/** Changes of where any variable's value lies, so that a capture need not look at each of its own. */
export const moves = {
  count: 0,
  /** Changes of whether any variable is trained. */
  freezes: 0,
};

let variablesMade = 0;

/** How many variables were ever made: what comes after has a number of at least that. */
export function countVariables(): number {
  return variablesMade;
}

/** Frees variables that were dropped without dispose(). */
const registry = new FinalizationRegistry<Storage>((storage) => storage.release());

/**
 * A tensor whose value can change. It belongs to no scope: it lives until `dispose()` or garbage
 * collection. Views taken of it keep the value they were taken of.
 */
export class Variable extends Tensor {
  readonly name: string;
  /** Of all variables ever made, in their order. */
  readonly number: number = variablesMade++;
  #trainable: boolean;
  /** Counts the changes of its value, so that a stale tape is noticed. */
  version = 0;

  /** A variable over memory that exists: a slice of an optimizer's arena. Not trainable. */
  static over(storage: Storage, shape: Shape, name: string): Variable {
    return new Variable({ storage, shape }, { name, trainable: false });
  }

  /** @param initialValue  is copied; it stays the caller's. */
  constructor(initialValue: Tensor | Existing, options: VariableOptions = {}) {
    const isTensor = initialValue instanceof Tensor;
    super(
      isTensor ? copyOf(initialValue) : initialValue.storage,
      initialValue.shape,
      isTensor ? initialValue.dtype : "f32",
      undefined,
      isTensor ? skippedBefore(initialValue) : 0,
    );
    this.name = isTensor ? currentNameScope() + (options.name ?? "variable") : (options.name ?? "");
    this.#trainable = options.trainable ?? isFloat(this.dtype);
  }

  /** Whether tapes watch it. May be changed: compiled functions are then recorded anew. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(value: boolean) {
    moves.freezes++;
    this.#trainable = value;
  }

  /** The block to write a new value to; views that shared it get a copy of the old value first. */
  writableBlock(): Block {
    this.version++;
    this.storage.owner.recorder.written?.add(this);
    if (this.storage.refs > 1) this.#hold(this.storage.split());
    return this.storage.block;
  }

  /** Moves the variable into other storage, whose contents the caller has seen to. */
  moveTo(storage: Storage): void {
    const old = this.storage;
    old.owner.recorder.paused?.move(old.block, storage.block);
    storage.refs++;
    this.#hold(storage);
    old.release();
  }

  /** Moves to memory of the present device if its own was lost with another; its value was lost, too. */
  renew(): void {
    const owner = device();
    if (this.storage.owner === owner) return;
    const bytes = byteSize(this.dtype, this.offset + Math.max(1, this.size));
    this.moveTo(new Storage(owner, owner.allocate(bytes, "variable")));
  }

  override dispose(): void {
    moves.count++;
    registry.unregister(this);
    super.dispose();
  }

  override toString(): string {
    return `Variable(${this.name}, [${this.shape.join(", ")}], ${this.dtype})`;
  }

  protected override track(): void {
    registry.register(this, this.storage, this);
  }

  #hold(storage: Storage): void {
    moves.count++;
    registry.unregister(this);
    this.held = storage;
    registry.register(this, storage, this);
  }
}
