// Gradients of some rows of a parameter.

import { ShapeError, shapeText } from "../errors.ts";
import type { RowGradient } from "./optimizer.ts";
import { assign } from "../ops/assign.ts";
import { greater } from "../ops/binary.ts";
import { ones } from "../ops/creation.ts";
import { copy } from "../ops/elementwise.ts";
import { scatterAdd } from "../ops/gather.ts";
import { reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/**
 * The gradient of rows of a parameter, an embedding's vectors most of all. An optimizer moves only these
 * rows, and what it keeps for the others stays: their averages do not decay, nor do they move by momentum.
 * Rows that are named more than once are summed.
 */
export class SparseGradient implements RowGradient {
  /** `[count, …row]`. */
  readonly values: Tensor;
  /** `[count]` i32: rows of the parameter. */
  readonly indices: Tensor;

  /** @throws {ShapeError} unless there is an index per row of values. */
  constructor(values: Tensor, indices: Tensor) {
    requireDtype("SparseGradient", indices.dtype, ["i32", "u32"]);
    if (indices.rank !== 1 || values.shape[0] !== indices.shape[0]) {
      throw new ShapeError("SparseGradient", "there must be an index per row of values", {
        got: `values ${shapeText(values.shape)} and indices ${shapeText(indices.shape)}`,
      });
    }
    this.values = values;
    this.indices = indices;
  }

  /** With zeros in the rows that it has not. @throws {ShapeError} if rows are of another shape. */
  denseFor(parameter: Variable): Tensor {
    const { values, indices } = this;
    if (sameShape(values.shape.slice(1), parameter.shape.slice(1)) && parameter.rank > 0) {
      return scatterAdd(values, indices, 0, parameter.shape[0] as number);
    }
    throw new ShapeError(
      "SparseGradient",
      "values must have the parameter's shape but for the rows",
      {
        got: `${shapeText(values.shape)} for ${parameter}`,
      },
    );
  }

  /** @returns what puts back the rows of `variables` that it has not. */
  rowsBefore(variables: readonly Variable[]): () => void {
    const { indices } = this;
    const { shape } = variables[0] as Variable;
    const hits = scatterAdd(ones(indices.shape), indices, 0, shape[0] as number);
    const isTouched = reshape(
      greater(hits, 0),
      shape.map((rows, axis) => (axis === 0 ? rows : 1)),
    );
    const before = variables.map((variable) => copy.run(variable));
    return () => {
      variables.forEach((variable, i) => {
        assign(variable, where(isTouched, variable, before[i] as Tensor));
      });
    };
  }
}
