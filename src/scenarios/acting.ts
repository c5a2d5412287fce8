// Acting: one pass of a network for all environments, read back, and the actions that its scores stand for.

import { type Compiled, compile } from "../compile/compile.ts";
import type { VectorEnvironment } from "../environments/vectorEnvironment.ts";
import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { tensor } from "../ops/creation.ts";
import { untaped } from "../ops/tape.ts";
import type { HostRandom } from "../tensor/philox.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TrainableModel } from "./update.ts";

/** How many actions there are. @throws {UsageError} if they are continuous. */
export function requireDiscrete(op: string, { actions }: VectorEnvironment): number {
  if (actions.type === "discrete") return actions.count;
  throw new UsageError(op, "the actions must be discrete", { got: `${actions.size} numbers` });
}

/** Passes of a network over what environments show, without gradients. */
export class Actor {
  readonly #network: TrainableModel;
  readonly #compiled: Compiled<[Tensor], Tensor> | undefined;

  constructor(network: TrainableModel, isCompiled: boolean) {
    this.#network = network;
    if (isCompiled) this.#compiled = compile((x: Tensor) => untaped(() => network(x)));
  }

  /**
   * A score for each action in each environment, `[N, actions]`.
   *
   * @throws {ShapeError} if the network gives another shape.
   */
  async scores(environments: VectorEnvironment): Promise<Float32Array> {
    const { observations, observationShape, count } = environments;
    const shape = [count, ...observationShape];
    const output = untaped(() =>
      scope(() => (this.#compiled ?? this.#network)(tensor(observations, { shape }))),
    );
    try {
      const wanted = [count, requireDiscrete("acting", environments)];
      if (sameShape(output.shape, wanted)) return (await output.data()) as Float32Array;
      throw new ShapeError("acting", "the network must give one score per action", {
        got: `${shapeText(output.shape)} for ${shapeText(wanted)}`,
      });
    } finally {
      output.dispose();
    }
  }

  close(): void {
    this.#compiled?.dispose();
  }
}

/** The action with the highest score of each row, the first of equal ones. */
export function greedyActions(scores: Float32Array, count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: scores.length / count }, (_, n) => {
    let best = 0;
    for (let a = 1; a < count; a++) {
      if ((scores[n * count + a] as number) > (scores[n * count + best] as number)) best = a;
    }
    return best;
  });
}

/** An action of each row, drawn with the probabilities softmax(row). */
export function drawnActions(
  logits: Float32Array,
  count: number,
  random: HostRandom,
): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: logits.length / count }, (_, n) => {
    const row = logits.subarray(n * count, (n + 1) * count);
    const highest = Math.max(...row);
    const weights = Array.from(row, (logit) => Math.exp(logit - highest));
    let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    const found = weights.findIndex((weight) => (left -= weight) < 0);
    return found < 0 ? count - 1 : found;
  });
}
