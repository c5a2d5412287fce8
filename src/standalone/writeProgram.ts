// Captured passes as the program of a standalone module: kernels, params and weights each once.

import type { Block } from "../gpu/buffers.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { SLOT_BYTES, Words, writeParams } from "../gpu/params.ts";
import { type Command, type DispatchCommand, Port as PortBlock, isDispatch } from "../gpu/trace.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { CapturedPass } from "./capturePass.ts";
import type {
  CopyStep,
  DispatchStep,
  Port,
  Program,
  ProgramDType,
  ProgramKernel,
  ProgramPlan,
} from "./program.ts";

/** Weights begin at multiples of this: what WebGPU asks of storage bindings. */
const ALIGNMENT = 256;

/** Names of what goes in and comes out. */
export interface Names {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Different things in the order met, each with a number. */
class Numbered<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param key  is equal for equal things. */
  numberOf(item: T, key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}

/** Collects passes, which share kernels and weights. */
export class ProgramWriter {
  readonly #shaders = new Numbered<string>();
  readonly #kernels = new Numbered<ProgramKernel>();
  readonly #params = new Numbered<readonly number[]>();
  readonly #weights: Uint8Array[] = [];
  readonly #weightOf = new Map<Block, number>();
  readonly #plans: ProgramPlan[] = [];
  readonly #features = new Set<string>();
  #mostBindings = 1;

  add(pass: CapturedPass, names: Names): void {
    const sizes: number[] = [];
    const buffers = new Map<Block | number, number>();
    const bufferOf = (key: Block | number, bytes: number): number => {
      const known = buffers.get(key);
      if (known !== undefined) return known;
      buffers.set(key, sizes.length);
      return sizes.push(Math.max(16, Math.ceil(bytes / 16) * 16)) - 1;
    };
    const inputs = pass.inputs.map(({ shape, dtype }, i) => {
      return bufferOf(pass.ports[i] as Block, byteSize(dtype, sizeOf(shape)));
    });
    const placeOf = (block: Block): number => {
      const value = pass.constants.get(block);
      if (value !== undefined) return -1 - this.#weight(block, value);
      if (block instanceof PortBlock) return bufferOf(block, block.size);
      const place = pass.places.get(block) as number;
      return bufferOf(place, pass.sizes[place] as number);
    };
    const steps = pass.commands.map((command) => this.#step(command, placeOf));
    this.#plans.push({
      inputs: pass.inputs.map(({ dtype, shape }, i): Port => {
        return [names.inputs[i] as string, dtype as ProgramDType, shape, inputs[i] as number];
      }),
      outputs: pass.outputs.map(({ dtype, shape, block }, i): Port => {
        return [names.outputs[i] as string, dtype as ProgramDType, shape, placeOf(block)];
      }),
      sizes,
      steps,
    });
  }

  get program(): Program {
    const weights = this.#weights.map(({ length }) => length);
    const bindings = [...this.#plans.flatMap(({ sizes }) => sizes), ...weights].map(aligned);
    const file = weights.map(aligned).reduce((sum, bytes) => sum + bytes, 0);
    return {
      shaders: this.#shaders.items,
      kernels: this.#kernels.items,
      params: this.#params.items,
      weights,
      features: [...this.#features],
      limits: {
        maxBufferSize: Math.max(file, ...bindings),
        maxStorageBufferBindingSize: Math.max(...bindings),
        maxStorageBuffersPerShaderStage: this.#mostBindings,
      },
      plans: this.#plans,
    };
  }

  /** The file: weights one after the other, as they lie in their buffer. */
  get weights(): Uint8Array<ArrayBuffer> {
    const sizes = this.#weights.map(({ length }) => aligned(length));
    const file = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    this.#weights.forEach((bytes, i) => {
      file.set(bytes, at);
      at += sizes[i] as number;
    });
    return file;
  }

  #step(command: Command, placeOf: (block: Block) => number): DispatchStep | CopyStep {
    if (!isDispatch(command)) {
      const { source, from, target, to, bytes } = command;
      return [-1, placeOf(source), from, placeOf(target), to, bytes];
    }
    const { kernel, blocks, grid } = command;
    return [this.#kernel(kernel), this.#wordsOf(command), ...grid, ...blocks.map(placeOf)];
  }

  #kernel(kernel: Kernel): number {
    const { code, entryPoint, constants, shader } = kernel;
    // Only where lines begin: the compiler's messages keep their lines.
    const text = code.replaceAll(/\n\s+/g, "\n").trim();
    for (const [, feature] of text.matchAll(/^enable (\w+);/gm)) {
      this.#features.add(feature === "f16" ? "shader-f16" : (feature as string));
    }
    const accesses = shader.bindings.map(({ access }) => (access === "read" ? "r" : "w")).join("");
    this.#mostBindings = Math.max(this.#mostBindings, accesses.length);
    const made: ProgramKernel = [
      this.#shaders.numberOf(text, text),
      entryPoint,
      accesses,
      constants,
    ];
    return this.#kernels.numberOf(made, JSON.stringify(made));
  }

  #wordsOf({ kernel, params }: DispatchCommand): number {
    const words = new Words(SLOT_BYTES);
    writeParams(words, 0, kernel, params);
    const used = [...words.u32.subarray(0, words.u32.findLastIndex((word) => word !== 0) + 1)];
    return this.#params.numberOf(used, used.join());
  }

  /** The number of a constant; equal ones are stored once. */
  #weight(block: Block, bytes: Uint8Array): number {
    const known = this.#weightOf.get(block);
    if (known !== undefined) return known;
    const same = this.#weights.findIndex((other) => {
      return other.length === bytes.length && other.every((byte, i) => byte === bytes[i]);
    });
    const number = same >= 0 ? same : this.#weights.push(bytes) - 1;
    this.#weightOf.set(block, number);
    return number;
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
