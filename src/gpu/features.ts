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
  subgroups: `enable subgroups;
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(32) fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = subgroupAdd(i);
}`,
};

async function compiles(device: GPUDevice, code: string): Promise<boolean> {
  device.pushErrorScope("validation");
  let built = true;
  try {
    const module = device.createShaderModule({ label: "feature probe", code });
    await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  } catch {
    built = false;
  }
  return (await device.popErrorScope()) === null && built;
}

/** Features of a device, by compiling a small kernel for each one that it lists. */
export async function probeFeatures(device: GPUDevice): Promise<Features> {
  const listed = (name: GPUFeatureName): boolean => device.features.has(name);
  return {
    f16: listed("shader-f16") && (await compiles(device, PROBES.f16)),
    subgroups: listed("subgroups") && (await compiles(device, PROBES.subgroups)),
    timestamps: listed("timestamp-query"),
  };
}
