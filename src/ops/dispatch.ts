// What every op needs to launch kernels: workgroup grids and kernels kept by variant.

import { Kernel, type KernelOptions } from "../gpu/kernel.ts";
import type { Shape } from "../tensor/shape.ts";

/** Most workgroups along one dimension in every WebGPU implementation. */
const MAX_GROUPS = 65535;

/** Threads in the workgroups of one-dimensional kernels. */
export const GROUP_SIZE = 64;

/** Workgroups for `count` of them, folded to two dimensions where one is too short. */
export function fold(count: number): [number, number] {
  if (count <= MAX_GROUPS) return [count, 1];
  const y = Math.ceil(count / MAX_GROUPS);
  return [Math.ceil(count / y), y];
}

/** Workgroups of 64 threads for `threads` of them. */
export function gridOf(threads: number): [number, number] {
  return fold(Math.ceil(threads / GROUP_SIZE));
}

/** Kernels of one family, each made at its first use and listed for warm-up and tests. */
export class KernelFamily<Key extends string = string> {
  readonly #make: (key: Key) => KernelOptions;
  readonly #kernels = new Map<Key, Kernel>();

  /** @param make  from a variant's name to its kernel. */
  constructor(make: (key: Key) => KernelOptions) {
    this.#make = make;
  }

  get(key: Key): Kernel {
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = new Kernel({ variant: key, ...this.#make(key) });
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  all(keys: readonly Key[]): Kernel[] {
    return keys.map((key) => this.get(key));
  }
}

/** A shape or strides as the eight words that strided kernels take. */
export function words8(values: Shape): readonly number[] {
  return values.length === 8 ? values : [...values, ...ZEROS].slice(0, 8);
}

const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0];
