// The loss: cross-entropy of the digit.

export { crossEntropy as digitsLoss } from "../../src/losses/index.ts";
