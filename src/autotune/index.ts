// renga/autotune: the fastest kernels for a program on the adapter it runs on, measured once.

export {
  type AutotuneOptions,
  type AutotuneReport,
  type MeasuredKernel,
  autotune,
} from "./autotune.ts";
export { type TuningOptions, loadTuning } from "./tuningFile.ts";
export { forgetTuning } from "../ops/tuning.ts";
