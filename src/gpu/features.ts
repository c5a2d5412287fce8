// What the adapter can really do: probed by compiling and running, not by trusting a feature list.

/** Fast paths beyond WGSL core. Each has a fallback. */
export interface Features {
  readonly f16: boolean;
  readonly subgroups: boolean;
  readonly timestamps: boolean;
}

const PROBES: Readonly<Record<"f16" | "subgroups", string>> = {
  f16: `enable f16;
@group(0) @binding(0) var<storage, read_write> y: array<f16>;
@compute @workgroup_size(32) fn main(@builtin(local_invocation_index) i: u32) { y[i] = f16(i); }`,
  // Each of the 64 threads tells whether its subgroup is the threads in a row that it should be.
  subgroups: `enable subgroups;
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {
  let size = subgroupAdd(1u);
  let place = subgroupExclusiveAdd(1u);
  let first = subgroupMin(i);
  y[i] = select(0u, 1u, (place == i % size) & (first == i - place));
}`,
};

async function probe(device: GPUDevice, code: string): Promise<GPUComputePipeline | undefined> {
  device.pushErrorScope("validation");
  let pipeline: GPUComputePipeline | undefined;
  try {
    const module = device.createShaderModule({ label: "feature probe", code });
    pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  } catch {
    pipeline = undefined;
  }
  return (await device.popErrorScope()) === null ? pipeline : undefined;
}

/** Whether threads of a subgroup follow one another, and none sleeps. */
async function hasSubgroups(device: GPUDevice): Promise<boolean> {
  const pipeline = await probe(device, PROBES.subgroups);
  if (pipeline === undefined) return false;
  const size = 64 * 4;
  const { COPY_SRC, COPY_DST, STORAGE, MAP_READ } = GPUBufferUsage;
  const buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const copy = device.createBuffer({ size, usage: COPY_DST | MAP_READ });
  const layout = pipeline.getBindGroupLayout(0);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer } }];
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const isInRow = new Uint32Array(copy.getMappedRange()).every((flag) => flag === 1);
  for (const used of [buffer, copy]) used.destroy();
  return isInRow;
}

/** Features of a device, by a small kernel for each one that it lists. */
export async function probeFeatures(device: GPUDevice): Promise<Features> {
  const listed = (name: GPUFeatureName): boolean => device.features.has(name);
  return {
    f16: listed("shader-f16") && (await probe(device, PROBES.f16)) !== undefined,
    subgroups: listed("subgroups") && (await hasSubgroups(device).catch(() => false)),
    timestamps: listed("timestamp-query"),
  };
}
