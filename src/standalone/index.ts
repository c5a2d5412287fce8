// renga/standalone: forward passes as modules that need no library.

export {
  type StandaloneExport,
  type StandaloneOptions,
  exportStandalone,
} from "./exportStandalone.ts";
