// renga/distribute: replicas of a model on several devices, that train as one.

export { type Reduction } from "./reduction.ts";
export { memoryTransports } from "./memoryTransport.ts";
export {
  type MessageEndpoint,
  type MessageTransportOptions,
  messageTransport,
  portMesh,
} from "./messageTransport.ts";
export { type DataParallelStep, Replicator } from "./replicator.ts";
export type { Transport, TransportOptions } from "./transport.ts";
export { ReplicaError } from "../errors.ts";
