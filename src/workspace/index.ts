// renga/workspace: where runs are kept.

export { type Checkpoint, latestCheckpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
export { FileWorkspace, folderSource } from "./fileWorkspace.ts";
export { MemoryWorkspace } from "./memoryWorkspace.ts";
export { type LogEntry, RunLog } from "./runLog.ts";
export { type TensorFile, decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
export type { Workspace } from "./workspace.ts";
export { restoreSonnet } from "./sonnetCheckpoint.ts";
export { decodeTensorBundle } from "./tensorBundle.ts";
