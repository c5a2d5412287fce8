// Finding WebGPU on this host. The only file of src/gpu that knows browsers, Deno and Node apart.

import { DeviceError } from "../errors.ts";

/** The kinds of host, as far as WebGPU differs between them. */
export type Runtime = "browser" | "deno" | "node";

/** GPUs and software adapters (SwiftShader, lavapipe) want different kernels. */
export type AdapterClass = "gpu" | "software";

/** The host this code runs on. */
export function detectRuntime(): Runtime {
  if ("Deno" in globalThis) return "deno";
  const node = (globalThis as { process?: { versions?: { node?: string } } }).process;
  return node?.versions?.node === undefined ? "browser" : "node";
}

/** Whether the browser is Firefox, whose promises of the GPU come late. */
export function isFirefox(): boolean {
  return globalThis.navigator?.userAgent?.includes("Firefox/") ?? false;
}

const REMEDIES: Record<Runtime, string> = {
  browser:
    "Use a browser with WebGPU (Chrome 113, Safari 26, Firefox 141 or later) on https or " +
    "http://127.0.0.1. Headless Chromium without a GPU needs --enable-unsafe-webgpu " +
    "--use-webgpu-adapter=swiftshader.",
  deno:
    "Install a Vulkan driver (on Debian: apt install mesa-vulkan-drivers), or point " +
    "VK_DRIVER_FILES and VK_ICD_FILENAMES at one such as SwiftShader's vk_swiftshader_icd.json.",
  node:
    "Install Dawn with `npm install webgpu` and a Vulkan driver, or point VK_ICD_FILENAMES and " +
    "LD_LIBRARY_PATH at one such as SwiftShader's folder.",
};

/** Dawn must outlive its devices: letting go of it ends the process. */
let dawn: GPU | undefined;

/**
 * Kernels write workgroup memory before they read it; SwiftShader takes seconds to compile zeros into it.
 */
const DAWN_FLAGS = ["enable-dawn-features=disable_workgroup_init"];

async function loadDawn(): Promise<GPU | undefined> {
  if (dawn !== undefined) return dawn;
  try {
    // The name is kept from bundlers: pages must not look for a Node package.
    const name = "webgpu";
    const module = (await import(/* @vite-ignore */ name)) as {
      create(flags: string[]): GPU;
      globals: Record<string, unknown>;
    };
    Object.assign(globalThis, module.globals);
    dawn = module.create(DAWN_FLAGS);
    return dawn;
  } catch (cause) {
    throw new DeviceError("init", "Node needs the package `webgpu` (Dawn)", {
      got: cause instanceof Error ? cause.message.split("\n")[0] : String(cause),
      remedy: "Run `npm install webgpu`.",
      cause,
    });
  }
}

async function findGpu(runtime: Runtime): Promise<GPU> {
  const gpu = globalThis.navigator?.gpu ?? (runtime === "node" ? await loadDawn() : undefined);
  if (gpu !== undefined && gpu !== null) return gpu;
  throw new DeviceError("init", "this host must offer WebGPU", {
    got: "no navigator.gpu",
    remedy: REMEDIES[runtime],
    runtime,
  });
}

/**
 * The host's adapter.
 *
 * @throws {DeviceError} if there is none; the message names the remedy for this host.
 */
export async function findAdapter(options: GPURequestAdapterOptions): Promise<GPUAdapter> {
  const runtime = detectRuntime();
  const gpu = await findGpu(runtime);
  let adapter: GPUAdapter | null = null;
  let cause: unknown;
  try {
    adapter = await gpu.requestAdapter(options);
  } catch (error) {
    cause = error;
  }
  if (adapter !== null) return adapter;
  throw new DeviceError("init", "a WebGPU adapter must be available", {
    got: "none",
    remedy: REMEDIES[runtime],
    runtime,
    cause,
  });
}

/** Whether an adapter computes on a CPU. */
export function classify(info: GPUAdapterInfo): AdapterClass {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  const isSoftware =
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(text);
  return isSoftware ? "software" : "gpu";
}

/**
 * Whether params must not be uniforms: Mesa's lavapipe makes a shader anew for the values of one that
 * decide over loops and branches, at every dispatch, and keeps them all.
 */
export function avoidsUniforms(adapter: string): boolean {
  return adapter.includes("llvmpipe");
}

/** An adapter's name for people, from whichever fields the host fills. */
export function describeAdapter(info: GPUAdapterInfo): string {
  const parts = [info.vendor, info.architecture, info.description || info.device];
  return parts.filter((part) => part !== "" && part !== undefined).join(" ") || "unnamed adapter";
}
