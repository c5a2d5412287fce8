// A kernel: one shader file, specialised by a prelude and override constants.

import type { Constant, Elementwise, Epilogue, Packing, Prologue } from "./joints.ts";
import { PARAMS_BINDING } from "./params.ts";
import type { ShaderSource } from "./shaderSource.ts";

/** Declarations of the same functions: in WGSL's core, and with subgroups where an adapter has them. */
export interface SubgroupPart {
  readonly core: string;
  readonly subgroups: string;
}

/** How a kernel is made from its shader file. */
export interface KernelOptions {
  readonly shader: ShaderSource;
  /** WGSL declarations that the shader file expects: aliases, constants, `fn apply`. */
  readonly prelude?: string;
  /** More of the prelude, in one of two ways. */
  readonly part?: SubgroupPart;
  /** Values of `override` declarations. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Default: the file's first entry point. */
  readonly entryPoint?: string;
  /** What tells this variant from its siblings, in error messages and profiles. */
  readonly variant?: string;
  /** Set if the kernel is elementwise: a compiled function may join it with others. */
  readonly elementwise?: Elementwise;
  /** Set if what the kernel stores passes through `epilogue` of its prelude. */
  readonly epilogue?: Epilogue;
  /** Set if what the kernel reads comes through `prologue` of its file. */
  readonly prologue?: Prologue;
  /** Set if the kernel fills its result with one value. */
  readonly constant?: Constant;
  /** Set if the kernel only copies buffers. */
  readonly packing?: Packing;
}

/** One pipeline variant. Cheap to make; compiled for a device at its first dispatch or by `warmUp`. */
export class Kernel {
  readonly options: KernelOptions;
  readonly name: string;
  readonly shader: ShaderSource;
  readonly constants: Readonly<Record<string, number>>;
  readonly entryPoint: string;
  /** Whether it needs an adapter with shader-f16: its prelude names the type. */
  readonly usesF16: boolean;
  /** Equal keys mean equal pipelines. */
  readonly key: string;
  /** The last device's pipeline, kept here so that a dispatch finds it without a look-up. */
  compiled: CompiledKernel | undefined = undefined;

  constructor(options: KernelOptions) {
    const { shader, prelude = "", constants = {}, variant } = options;
    this.options = options;
    this.shader = shader;
    this.name = variant === undefined ? shader.name : `${shader.name} ${variant}`;
    this.usesF16 = /\bf16\b/.test(prelude);
    this.constants = constants;
    this.entryPoint = options.entryPoint ?? shader.entryPoints[0] ?? "main";
    this.key = `${shader.name}|${this.entryPoint}|${JSON.stringify(constants)}|${prelude}`;
  }

  /** Its text in WGSL's core, and f16. */
  get code(): string {
    return this.codeWith(false);
  }

  /** Its text for a device. */
  codeWith(hasSubgroups: boolean): string {
    const { prelude = "", part } = this.options;
    const usesSubgroups = hasSubgroups && part !== undefined;
    const lines = [
      this.usesF16 ? "enable f16;" : "",
      usesSubgroups ? "enable subgroups;" : "",
      prelude,
      usesSubgroups ? part.subgroups : (part?.core ?? ""),
      this.shader.code,
    ];
    return lines.filter((line) => line !== "").join("\n");
  }
}

/** A kernel's pipeline on one device. */
export interface CompiledKernel {
  readonly owner: Pipelines;
  readonly pipeline: GPUComputePipeline;
  readonly layout: StorageLayout;
}

/** Storage bindings with the same accesses share a layout, and with it their bind groups. */
export interface StorageLayout {
  /** Counts the layouts of a device. */
  readonly number: number;
  readonly layout: GPUBindGroupLayout;
  readonly pipelineLayout: GPUPipelineLayout;
}

/** Called after each compiled pipeline. */
export type CompileProgress = (done: number, total: number, name: string) => void;

/** What kernels are compiled for. */
export interface PipelineOptions {
  /** Params lie in storage, not in uniforms. Default false. */
  readonly storesParams?: boolean;
  /** Parts with subgroups are used. Default false. */
  readonly hasSubgroups?: boolean;
}

/** All pipelines of one device, each compiled once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #hasSubgroups: boolean;
  readonly #paramsType: "uniform" | "read-only-storage";
  readonly #compiled = new Map<string, CompiledKernel>();
  /** What is being compiled meanwhile. */
  readonly #pending = new Map<string, Promise<CompiledKernel>>();
  readonly #layouts = new Map<string, StorageLayout>();

  constructor(device: GPUDevice, options: PipelineOptions = {}) {
    this.#device = device;
    this.#hasSubgroups = options.hasSubgroups ?? false;
    this.#paramsType = options.storesParams ? "read-only-storage" : "uniform";
  }

  /** Keys of everything compiled so far. */
  get keys(): string[] {
    return [...this.#compiled.keys()];
  }

  /** The kernel's pipeline, compiled now if need be. */
  get(kernel: Kernel): CompiledKernel {
    const last = kernel.compiled;
    if (last !== undefined && last.owner === this) return last;
    let compiled = this.#compiled.get(kernel.key);
    if (compiled === undefined) {
      const pipeline = this.#device.createComputePipeline(this.#descriptor(kernel));
      compiled = this.#keep(kernel, pipeline);
    }
    kernel.compiled = compiled;
    return compiled;
  }

  /** Compiles kernels side by side without blocking; what is compiled already costs nothing. */
  async warmUp(kernels: readonly Kernel[], onProgress?: CompileProgress): Promise<void> {
    const distinct = new Map(kernels.map((kernel) => [kernel.key, kernel]));
    let done = 0;
    const compile = async (kernel: Kernel): Promise<void> => {
      if (!this.#compiled.has(kernel.key)) await this.#compile(kernel);
      onProgress?.(++done, distinct.size, kernel.name);
    };
    await Promise.all([...distinct.values()].map(compile));
  }

  #compile(kernel: Kernel): Promise<CompiledKernel> {
    const { key } = kernel;
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = this.#device
        .createComputePipelineAsync(this.#descriptor(kernel))
        .then((pipeline) => this.#keep(kernel, pipeline))
        .finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  /** A dispatch may have been quicker than a warm-up: bind groups go with the first. */
  #keep(kernel: Kernel, pipeline: GPUComputePipeline): CompiledKernel {
    const known = this.#compiled.get(kernel.key);
    if (known !== undefined) return known;
    const compiled = { owner: this, pipeline, layout: this.#layout(kernel.shader) };
    this.#compiled.set(kernel.key, compiled);
    return compiled;
  }

  #descriptor(kernel: Kernel): GPUComputePipelineDescriptor {
    const label = kernel.name;
    const text = kernel.codeWith(this.#hasSubgroups);
    const isUniform = this.#paramsType === "uniform";
    const code = isUniform ? text : text.replace("var<uniform>", "var<storage>");
    const module = this.#device.createShaderModule({ label, code });
    return {
      label,
      layout: this.#layout(kernel.shader).pipelineLayout,
      compute: { module, entryPoint: kernel.entryPoint, constants: { ...kernel.constants } },
    };
  }

  #layout(shader: ShaderSource): StorageLayout {
    const key = shader.bindings.map((binding) => binding.access).join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const entries = shader.bindings.map((binding, index): GPUBindGroupLayoutEntry => {
        const type = binding.access === "read" ? "read-only-storage" : "storage";
        return { binding: index, visibility: GPUShaderStage.COMPUTE, buffer: { type } };
      });
      // One group for all: setting it is most of what a dispatch costs the thread.
      entries.push({
        binding: PARAMS_BINDING,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: this.#paramsType, hasDynamicOffset: true },
      });
      const group = this.#device.createBindGroupLayout({ label: key, entries });
      const pipelineLayout = this.#device.createPipelineLayout({ bindGroupLayouts: [group] });
      layout = { number: this.#layouts.size, layout: group, pipelineLayout };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
