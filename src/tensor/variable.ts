// Variable: a tensor with a name, whose value training replaces in place.

import { UsageError } from "../errors.ts";
import type { Block } from "../gpu/buffers.ts";
import { device } from "../gpu/device.ts";
import { BYTES_PER_ELEMENT } from "./dtype.ts";
import { currentNameScope } from "./nameScope.ts";
import { Storage, Tensor } from "./tensor.ts";

/** Options of a variable. */
export interface VariableOptions {
  /** Without its module's name, which comes in front: `w` becomes `linear/w`. */
  readonly name?: string;
  /** Whether tapes watch it and `trainableVariables` lists it. Default: true for f32. */
  readonly trainable?: boolean;
}

/** Frees variables that were dropped without dispose(). */
const registry = new FinalizationRegistry<Storage>((storage) => storage.release());

/**
 * A tensor whose value can change. It belongs to no scope: it lives until `dispose()` or garbage
 * collection. Views taken of it keep the value they were taken of.
 */
export class Variable extends Tensor {
  readonly name: string;
  readonly trainable: boolean;
  /** Counts the changes of its value, so that a stale tape is noticed. */
  version = 0;

  /** @param initialValue  is copied; it stays the caller's. */
  constructor(initialValue: Tensor, options: VariableOptions = {}) {
    const { shape, dtype } = initialValue;
    if (!initialValue.isContiguous) {
      throw new UsageError("Variable", "the initial value must be contiguous", {
        got: `a strided view ${initialValue}`,
        remedy: "Call contiguous() on it.",
      });
    }
    const owner = device();
    const bytes = Math.max(1, initialValue.size) * BYTES_PER_ELEMENT;
    const block = owner.allocate(bytes, "variable");
    const from = initialValue.offset * BYTES_PER_ELEMENT;
    owner.recorder.copy(initialValue.block, from, block.buffer, 0, bytes);
    super(new Storage(owner, block), shape, dtype);
    this.name = currentNameScope() + (options.name ?? "variable");
    this.trainable = options.trainable ?? dtype === "f32";
  }

  /** The block to write a new value to; views that shared it get a copy of the old value first. */
  writableBlock(): Block {
    this.version++;
    if (this.storage.refs > 1) this.#hold(this.storage.split());
    return this.storage.block;
  }

  /** Moves the variable into other storage, whose contents the caller has seen to. */
  moveTo(storage: Storage): void {
    const old = this.storage;
    storage.refs++;
    this.#hold(storage);
    old.release();
  }

  override dispose(): void {
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
    registry.unregister(this);
    this.held = storage;
    registry.register(this, storage, this);
  }
}
