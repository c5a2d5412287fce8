// The hand-written kernels of the peers' harness on the gradient shapes of a matmul.

import { mmReg } from "peers/kernels";
import { uni } from "peers/workloads";

let device;

const STORAGE = 0x80 | 0x8 | 0x4;

function buffer(data) {
  const made = device.createBuffer({ size: data.byteLength, usage: STORAGE });
  device.queue.writeBuffer(made, 0, data);
  return made;
}

async function matmulGradient({ m, k, n, ta = false, tb = false }) {
  const kernel = mmReg({ M: m, K: k, N: n, ta, tb, TM: 8, TN: 8 });
  const module = device.createShaderModule({ code: kernel.code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const buffers = [uni(1, m * k), uni(2, k * n), new Float32Array(m * n)].map(buffer);
  const entries = buffers.map((made, binding) => ({ binding, resource: { buffer: made } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const sync = () => device.queue.onSubmittedWorkDone();
  return {
    run() {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...kernel.grid);
      pass.end();
      device.queue.submit([encoder.finish()]);
    },
    sync,
    async read() {
      const size = m * n * 4;
      const staging = device.createBuffer({ size, usage: 0x1 | 0x8 });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffers[2], 0, staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      return new Float32Array(staging.getMappedRange().slice(0));
    },
    dispose: () => buffers.forEach((made) => made.destroy()),
  };
}

export default {
  name: "raw-gradients",
  version: "wgsl",
  async init() {
    const adapter = await navigator.gpu.requestAdapter();
    device = await adapter.requestDevice();
    return { adapter: adapter.info.architecture };
  },
  device: () => device,
  ops: { matmul_gradient: matmulGradient },
};
