// renga/cli: what the command `renga` does.

export { exampleOf, netOf } from "./exampleOf.ts";
export {
  type ExportFormat,
  type ExportRunOptions,
  type ExportedFiles,
  FORMATS,
  exportRun,
} from "./exportRun.ts";
