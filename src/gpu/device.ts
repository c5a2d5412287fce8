// The device everything runs on: made once by `init`, found by `device()`.

import { DeviceError, UsageError } from "../errors.ts";
import {
  avoidsUniforms,
  classify,
  describeAdapter,
  detectRuntime,
  findAdapter,
} from "./adapter.ts";
import type { AdapterClass, Runtime } from "./adapter.ts";
import { BufferPool, type Block, type BufferKind, type MemoryReport } from "./buffers.ts";
import { type Features, probeFeatures } from "./features.ts";
import { type CompileProgress, type Kernel, Pipelines } from "./kernel.ts";
import { type ReadPolicy, Readback } from "./readback.ts";
import type { ParamValue } from "./params.ts";
import { Recorder } from "./recorder.ts";
import { ScalarRing } from "./scalarRing.ts";
import { isVirtual } from "./trace.ts";

/** Options of `init`. */
export interface InitOptions {
  readonly powerPreference?: GPUPowerPreference;
  /** An adapter of your own choice. */
  readonly adapter?: GPUAdapter;
  /** A device that your page already uses; it is not destroyed with ours. */
  readonly device?: GPUDevice;
  /** Overrides the guess whether kernels for GPUs or for software adapters are used. */
  readonly adapterClass?: AdapterClass;
  /** Checks every submit in an error scope, so that failures name their commands. Slower. */
  readonly validate?: boolean;
}

/** What `init` found. */
export interface DeviceInfo {
  readonly runtime: Runtime;
  readonly adapter: string;
  readonly adapterClass: AdapterClass;
  readonly features: Features;
}

/** Storage buffers that a kernel may bind beside its params: WebGPU's default limit. */
const MOST_BUFFERS = 8;

/** A GPU device with its recorder, pipelines and memory. */
export class Device {
  readonly gpu: GPUDevice;
  readonly info: DeviceInfo;
  readonly limits: GPUSupportedLimits;
  readonly recorder: Recorder;
  readonly pipelines: Pipelines;
  readonly #pool: BufferPool;
  readonly #readback: Readback;
  /** What it was opened with. */
  readonly options: InitOptions;

  constructor(gpu: GPUDevice, info: DeviceInfo, options: InitOptions) {
    this.gpu = gpu;
    this.options = options;
    this.info = info;
    this.limits = gpu.limits;
    const hasRoom = gpu.limits.maxStorageBuffersPerShaderStage > MOST_BUFFERS;
    this.pipelines = new Pipelines(gpu, {
      storesParams: hasRoom && avoidsUniforms(info.adapter),
      hasSubgroups: info.features.subgroups,
    });
    this.#pool = new BufferPool(gpu, () => {
      this.recorder.flush();
      this.recorder.dropBindGroups();
    });
    const params = this.#pool.allocate(Recorder.paramsBytes, "params");
    this.recorder = new Recorder(gpu, this.pipelines, params.buffer);
    this.#readback = new Readback(this.#pool, this.recorder, info.runtime);
    this.#listen(options.validate ?? false);
  }

  /** Appends one dispatch to the command stream; see `Recorder.dispatch`. */
  dispatch(
    kernel: Kernel,
    blocks: readonly Block[],
    params: readonly ParamValue[],
    x: number,
    y = 1,
    z = 1,
  ): void {
    this.recorder.dispatch(kernel, blocks, params, x, y, z);
  }

  allocate(bytes: number, kind: BufferKind = "tensor"): Block {
    const limit = this.#pool.largest;
    if (bytes > limit) {
      throw new DeviceError("allocate", "a tensor must fit in one buffer binding", {
        got: `${bytes} bytes where the adapter binds ${limit}`,
        remedy: "Split it, or use a smaller batch.",
      });
    }
    const { trace } = this.recorder;
    if (trace !== undefined) return trace.allocate(this.#pool.sizeOf(bytes), bytes, kind);
    return this.#pool.allocate(bytes, kind);
  }

  /** Memory of exactly so many bytes, for a plan that was made ahead. */
  reserve(bytes: number): Block {
    return this.#pool.allocate(bytes, "tensor", true);
  }

  release(block: Block): void {
    if (!isVirtual(block)) this.#pool.release(block);
  }

  slice(root: Block, offset: number, bytes: number): Block {
    return this.#pool.slice(root, offset, bytes);
  }

  /** Bytes of a block after all commands recorded so far. */
  read(block: Block, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    return this.#readback.read(block, byteOffset, bytes);
  }

  /** A ring for scalars of many steps; see `readPolicy`. */
  scalarRing(): ScalarRing {
    return new ScalarRing(this.#readback);
  }

  /** How this runtime is best read from. */
  get readPolicy(): ReadPolicy {
    return this.#readback.policy;
  }

  memory(): MemoryReport {
    return this.#pool.memory();
  }

  /** Gives free buffers back to the driver. */
  trim(): void {
    this.#pool.trim();
  }

  /** Compiles kernels ahead of their first use, in parallel. */
  warmUp(kernels: readonly Kernel[], onProgress?: CompileProgress): Promise<void> {
    return this.pipelines.warmUp(kernels, onProgress);
  }

  #listen(validate: boolean): void {
    const fail = (error: DeviceError): void => {
      this.recorder.failure ??= error;
    };
    void this.gpu.lost.then((lost) => {
      const remedy = "Call init() again and go on from a checkpoint.";
      const got = lost.message || lost.reason;
      fail(
        new DeviceError("device", "the GPU device was lost", { got, remedy, reason: lost.reason }),
      );
      if (current === this) current = undefined;
    });
    this.gpu.onuncapturederror = (event) => fail(deferred(event.error));
    if (!validate) return;
    this.recorder.onSubmit = (phase) => {
      if (phase === "before") return this.gpu.pushErrorScope("validation");
      const check = this.gpu.popErrorScope().then((error) => {
        if (error !== null) fail(deferred(error));
      });
      check.catch(() => undefined); // a lost device: reported by `lost`
    };
  }
}

/** An error the GPU reported after the call that caused it. */
function deferred(error: GPUError): DeviceError {
  const remedy = "init({ validate: true }) checks every submit and finds the call sooner.";
  return new DeviceError("gpu", "a command failed", { got: error.message, remedy });
}

let current: Device | undefined;
let pending: Promise<Device> | undefined;

/**
 * Opens the GPU. Later calls return the same device until it is lost or destroyed.
 *
 * @throws {DeviceError} if this host has no WebGPU adapter; the message names the remedy.
 */
export async function openDevice(options: InitOptions = {}): Promise<Device> {
  if (current !== undefined) return current;
  pending ??= create(options).finally(() => (pending = undefined));
  return (current = await pending);
}

/**
 * Opens another device like one that was lost.
 *
 * @throws {DeviceError} if the lost one was the caller's own.
 */
export function reopenDevice(lost: Device): Promise<Device> {
  if (lost.options.device !== undefined) {
    throw new DeviceError("device", "the GPU device was lost, and it was the caller's", {
      remedy: "Call init({ device }) with a new one and go on from a checkpoint.",
    });
  }
  if (current === lost) current = undefined;
  // An adapter gives one device only.
  const { adapter: _used, ...options } = lost.options;
  return openDevice({ ...options, adapterClass: lost.info.adapterClass });
}

/** The device `init` opened. */
export function device(): Device {
  if (current === undefined) {
    throw new UsageError("renga", "init() must have finished before the first tensor", {
      remedy: "Write `await init();` at the top of your program.",
    });
  }
  return current;
}

/** Destroys the device and everything on it; `init()` may then open another. */
export function destroyDevice(): void {
  const last = current;
  current = undefined;
  last?.gpu.destroy();
}

async function create(options: InitOptions): Promise<Device> {
  const { powerPreference } = options;
  const request = powerPreference === undefined ? {} : { powerPreference };
  const adapter = options.adapter ?? (options.device ? undefined : await findAdapter(request));
  const gpu = options.device ?? (await requestDevice(adapter as GPUAdapter));
  const described = adapter?.info ?? gpu.adapterInfo;
  const info: DeviceInfo = {
    runtime: detectRuntime(),
    adapter: described === undefined ? "a device of the caller" : describeAdapter(described),
    adapterClass: options.adapterClass ?? (described === undefined ? "gpu" : classify(described)),
    features: await probeFeatures(gpu),
  };
  return new Device(gpu, info, options);
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const wanted: GPUFeatureName[] = ["timestamp-query", "shader-f16", "subgroups"];
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const maxStorageBuffersPerShaderStage =
    MOST_BUFFERS + (avoidsUniforms(describeAdapter(adapter.info)) ? 1 : 0);
  try {
    return await adapter.requestDevice({
      label: "renga",
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
      requiredLimits: {
        maxBufferSize,
        maxStorageBufferBindingSize,
        maxStorageBuffersPerShaderStage,
      },
    });
  } catch (cause) {
    throw new DeviceError("init", "the adapter must give a device", {
      got: cause instanceof Error ? cause.message : String(cause),
      remedy: "Another page or process may hold the GPU; close it, or choose another adapter.",
      cause,
    });
  }
}
