// onnxruntime-web on WebGPU.

import * as ort from "onnxruntime-web/webgpu";

export async function predict(image) {
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create("/net.onnx", {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const { output } = await session.run({
    input: new ort.Tensor("float32", image, [1, 28, 28]),
  });
  return output.getData();
}
