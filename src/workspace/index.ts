// renga/workspace: where runs are kept.

export { type CachedSourceOptions, cachedSource } from "./cachedSource.ts";
export { type Checkpoint, latestCheckpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
export { type RunComparison, compareRuns } from "./compareRuns.ts";
export { FileWorkspace, folderSource } from "./fileWorkspace.ts";
export { type LoadOptions, type LoadReport, loadValues } from "./loadValues.ts";
export { MemoryWorkspace } from "./memoryWorkspace.ts";
export { OpfsWorkspace } from "./opfsWorkspace.ts";
export { type LogEntry, RunLog } from "./runLog.ts";
export {
  type RunManifest,
  type RunSummary,
  type StartRunOptions,
  deleteRun,
  listRuns,
  startRun,
} from "./runs.ts";
export {
  type EncodeSafetensorsOptions,
  type TensorFile,
  decodeSafetensors,
  encodeSafetensors,
} from "./safetensors.ts";
export { subfolder } from "./subfolder.ts";
export type { Workspace } from "./workspace.ts";
export { workspaceSource } from "./workspaceSource.ts";
export { restoreSonnet } from "./sonnetCheckpoint.ts";
export { decodeTensorBundle } from "./tensorBundle.ts";
