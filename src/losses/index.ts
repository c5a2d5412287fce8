// renga/losses.

export { type LossOptions, crossEntropy } from "./crossEntropy.ts";
export { meanSquaredError } from "./meanSquaredError.ts";
