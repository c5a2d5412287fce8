// renga/graph: forward passes as graphs of named ops, which exporters read.

export {
  type BatchLength,
  type Dim,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
  isBatch,
  lengthsFor,
  sameDims,
} from "./graph.ts";
export { foldAffine } from "./foldAffine.ts";
export { hostBytes } from "./hostBytes.ts";
export { type TraceOptions, traceGraph } from "./traceGraph.ts";
