// ONNX losses over classes on axis 1, with weights and an ignored class.

import * as renga from "./library.ts";
import { type Tensor, cast } from "./library.ts";
import type { Call, Run } from "./call.ts";

/** −wₗ · logProbabilities[l], averaged by weight; ignored labels weigh nothing. */
function likelihood(call: Call, logProbabilities: Tensor): Tensor {
  const labels = cast(call.x(1), "i32");
  const ignored = call.list("ignore_index")?.[0];
  const isIgnored = ignored === undefined ? undefined : renga.equal(labels, ignored);
  const safe =
    isIgnored === undefined ? labels : renga.where(isIgnored, renga.full([], 0, "i32"), labels);
  const picked = renga.takeAlongAxis(logProbabilities, renga.expandDims(safe, 1), 1);
  const own = call.maybe(2);
  const plain = own === undefined ? renga.ones(labels.shape) : renga.gather(own, safe);
  const weights = isIgnored === undefined ? plain : renga.where(isIgnored, 0, plain);
  const losses = renga.neg(renga.squeeze(picked, 1)).mul(weights);
  const reduction = call.text("reduction", "mean");
  if (reduction === "none") return losses;
  return reduction === "sum" ? renga.sum(losses) : renga.sum(losses).div(renga.sum(weights));
}

export const LOSSES: Readonly<Record<string, Run>> = {
  NegativeLogLikelihoodLoss: (call) => likelihood(call, call.x()),
  SoftmaxCrossEntropyLoss: (call) => {
    const logProbabilities = renga.logSoftmax(call.x(), 1);
    return [likelihood(call, logProbabilities), logProbabilities];
  },
};
