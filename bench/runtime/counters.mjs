// Counts WebGPU calls and bytes by patching prototypes: in sessions that count, never in ones that
// time.

const CALLS = [
  ["GPUDevice", "createBindGroup", "bindGroups"],
  ["GPUDevice", "createComputePipeline", "pipelines"],
  ["GPUDevice", "createComputePipelineAsync", "pipelines"],
  ["GPUCommandEncoder", "beginComputePass", "passes"],
  ["GPUCommandEncoder", "copyBufferToBuffer", "copies"],
  ["GPUComputePassEncoder", "dispatchWorkgroups", "dispatches"],
  ["GPUComputePassEncoder", "dispatchWorkgroupsIndirect", "dispatches"],
  ["GPUQueue", "submit", "submits"],
  ["GPUQueue", "writeBuffer", "writes"],
  ["GPUBuffer", "mapAsync", "maps"],
];

/** Runs `after(this, args, result)` after every call of a method; returns what undoes it. */
function wrap(type, method, after) {
  const prototype = globalThis[type]?.prototype;
  const original = prototype?.[method];
  if (original === undefined) return () => {};
  prototype[method] = function (...args) {
    const result = original.apply(this, args);
    after(this, args, result);
    return result;
  };
  return () => void (prototype[method] = original);
}

/** Starts counting; the numbers are live. */
export function installCounters() {
  const names = [...new Set(CALLS.map(([, , name]) => name)), "created"];
  const calls = Object.fromEntries(names.map((name) => [name, 0]));
  const memory = { bytes: 0, peak: 0, buffers: 0 };
  for (const [type, method, name] of CALLS) wrap(type, method, () => void calls[name]++);
  const sizes = new WeakMap();
  wrap("GPUDevice", "createBuffer", (_device, [{ size }], buffer) => {
    sizes.set(buffer, size);
    calls.created++;
    memory.buffers++;
    memory.bytes += size;
    memory.peak = Math.max(memory.peak, memory.bytes);
  });
  wrap("GPUBuffer", "destroy", (buffer) => {
    if (!sizes.has(buffer)) return;
    memory.bytes -= sizes.get(buffer);
    memory.buffers--;
    sizes.delete(buffer);
  });
  return { calls, memory };
}

/** How many dispatches `run` encodes. */
export async function countDispatches(run) {
  let count = 0;
  const undo = ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"].map((method) =>
    wrap("GPUComputePassEncoder", method, () => void count++),
  );
  await run();
  for (const restore of undo) restore();
  return count;
}
