// Initial states that are learned.

import { UsageError } from "../../errors.ts";
import { broadcastTo } from "../../ops/sum.ts";
import { expandDims, squeeze } from "../../ops/views.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { Module } from "../module.ts";
import { mapLeaves } from "../tree.ts";

/** Options of `TrainableState`. */
export interface TrainableStateOptions {
  /** The structure of the values with whether each is trained. Default: all are. */
  readonly mask?: unknown;
  readonly name?: string;
}

/** The answer in a mask for the tensor at the end of a path. */
function answerOf(name: string, mask: unknown, path: readonly string[]): boolean {
  if (mask === undefined) return true;
  let found: unknown = mask;
  for (const key of path) {
    found = (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }
  if (typeof found === "boolean") return found;
  throw new UsageError(name, "the mask must have the structure of the values", {
    got: `${String(found)} for ${path.join("/") || "the state"}`,
  });
}

/**
 * An initial state for a core with variables in it.
 *
 *     const initial = TrainableState.forCore(core);
 *     const [ys, last] = dynamicUnroll(core, xs, initial(batchSize));
 *
 * Variables: one `[1, …shape]` per tensor, named by the way to it: `hidden`, `0/cell`, or `state`.
 */
export class TrainableState<State = Tensor> extends Module<(batchSize: number) => State> {
  static readonly defaultName: string = "trainable_state";
  readonly _template: State;

  /** @param initialValues  tensors without the batch's axis. */
  constructor(initialValues: State, options: TrainableStateOptions = {}) {
    super(options.name);
    this._template = withNameScope(this.nameScope, () => {
      return mapLeaves(initialValues, (leaf, path) => {
        const trainable = answerOf(this.moduleName, options.mask, path);
        return new Variable(expandDims(leaf, 0), { name: path.join("/") || "state", trainable });
      });
    });
  }

  /** The initial state of a core, as variables. */
  static forCore<State>(
    core: { initialState(batchSize: number): State },
    options: TrainableStateOptions = {},
  ): TrainableState<State> {
    return new TrainableState(
      mapLeaves(core.initialState(1), (leaf) => squeeze(leaf, 0)),
      options,
    );
  }

  /** @returns the structure of the values, each `[batchSize, …shape]`. */
  forward(batchSize: number): State {
    return mapLeaves(this._template, (leaf) => {
      return broadcastTo(leaf, [batchSize, ...leaf.shape.slice(1)]);
    });
  }
}
