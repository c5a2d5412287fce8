// A hand-written WebGPU program: prebuilt pipelines and bind groups, one pass and one submit per
// run.

import { ADAM } from "../models.mjs";
import { adam } from "./losses.mjs";

const [MAP_READ, COPY_SRC, COPY_DST, STORAGE] = [0x1, 0x4, 0x8, 0x80];

let device;

/** Opens the adapter's device with its largest buffers. */
export async function openDevice() {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("raw: no WebGPU adapter");
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  device = await adapter.requestDevice({
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  });
  device.addEventListener?.("uncapturederror", ({ error }) => console.error("raw", error.message));
  return adapter;
}

export const theDevice = () => device;

/** Pipelines of kernels; the same WGSL compiles once. */
function compileAll(kernels) {
  const pipelines = new Map();
  for (const { code } of kernels) {
    if (pipelines.has(code)) continue;
    const module = device.createShaderModule({ code });
    const compute = { module, entryPoint: "main" };
    pipelines.set(code, device.createComputePipelineAsync({ layout: "auto", compute }));
  }
  return Promise.all(kernels.map(({ code }) => pipelines.get(code)));
}

export class Program {
  #buffers = [];
  #staging;
  #steps = [];

  /** A storage buffer with `data`, or for a number of floats. */
  buffer(data) {
    const count = typeof data === "number" ? data : data.length;
    const size = Math.ceil((count * 4) / 16) * 16;
    const made = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    if (typeof data !== "number") device.queue.writeBuffer(made, 0, data);
    this.#buffers.push(made);
    return made;
  }

  /** Prepares dispatches: each a kernel and its buffers, or { buffer, offset, size }. */
  async prepare(steps) {
    const pipelines = await compileAll(steps.map(([kernel]) => kernel));
    this.#steps = steps.map(([kernel, ...buffers], i) => {
      const entries = buffers.map((given, binding) => {
        return { binding, resource: given.buffer ? given : { buffer: given } };
      });
      const layout = pipelines[i].getBindGroupLayout(0);
      const group = device.createBindGroup({ layout, entries });
      return { pipeline: pipelines[i], group, grid: kernel.grid };
    });
    return this;
  }

  /** Encodes all dispatches `times` over in one pass. */
  encode(encoder, times = 1) {
    const pass = encoder.beginComputePass();
    let last;
    for (let i = 0; i < times; i++) {
      for (const { pipeline, group, grid } of this.#steps) {
        if (pipeline !== last) pass.setPipeline(pipeline);
        last = pipeline;
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
      }
    }
    pass.end();
  }

  run() {
    const encoder = device.createCommandEncoder();
    this.encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  sync() {
    return device.queue.onSubmittedWorkDone();
  }

  /** The first `count` floats of a buffer, after what `before` encodes in the same submit. */
  async read(buffer, count, before) {
    const size = count * 4;
    if (this.#staging?.size !== size) {
      this.#staging?.destroy();
      this.#staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    }
    const encoder = device.createCommandEncoder();
    before?.(encoder);
    encoder.copyBufferToBuffer(buffer, 0, this.#staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(1);
    const data = new Float32Array(this.#staging.getMappedRange()).slice();
    this.#staging.unmap();
    return data;
  }

  /** As the harness wants it: what is read is `count` floats of `output`. */
  instance(output, count) {
    return {
      run: () => this.run(),
      sync: () => this.sync(),
      read: () => this.read(output, count),
      dispose: () => this.dispose(),
    };
  }

  /** As `instance`, of a training step. */
  trainer(loss) {
    const { run, sync, dispose } = this.instance(loss, 1);
    return { run, sync, dispose, loss: async () => (await this.read(loss, 1))[0] };
  }

  dispose() {
    for (const made of this.#buffers) made.destroy();
    this.#staging?.destroy();
  }
}

/**
 * Parameters, gradients and Adam's moments, each flat with parts of 256-byte multiples.
 *
 * @param padded  data by name that replaces a parameter's own.
 */
export function parameterStore(program, params, padded = {}) {
  const places = new Map();
  let n = 0;
  for (const [name, , data] of params) {
    const values = padded[name] ?? data;
    places.set(name, { offset: n * 4, size: values.length * 4, values });
    n += Math.ceil(values.length / 64) * 64;
  }
  const flat = new Float32Array(n);
  for (const { offset, values } of places.values()) flat.set(values, offset / 4);
  const [P, G, M, V, counter] = [flat, n, n, n, 4].map((data) => program.buffer(data));
  const part = (buffer) => (name) => {
    const { offset, size } = places.get(name);
    return { buffer, offset, size };
  };
  const update = [adam({ n, ...ADAM }), P, G, M, V, counter];
  return { parameter: part(P), gradient: part(G), counter, update };
}

/** Rows of `from` floats widened to `to` with zeros. */
export function padColumns(data, from, to) {
  const rows = data.length / from;
  const wide = new Float32Array(rows * to);
  for (let i = 0; i < rows; i++) wide.set(data.subarray(i * from, (i + 1) * from), i * to);
  return wide;
}
