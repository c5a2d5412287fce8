// renga/metrics: accumulated on the GPU.

export { Accuracy } from "./accuracy.ts";
export { Mean, type Metric } from "./mean.ts";
