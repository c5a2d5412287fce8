// Replacing a variable's value.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { add } from "./binary.ts";
import { copy } from "./elementwise.ts";
import { writeInto } from "./slice.ts";
import { untaped } from "./tape.ts";

/**
 * Gives a variable a new value.
 *
 * @throws {ShapeError} unless its shape is the variable's, {DtypeError} unless its dtype is.
 * @throws {UsageError} if it is no variable: what a getter shows in a variable's place cannot change.
 */
export function assign(variable: Variable, value: Tensor): void {
  if (!(variable instanceof Variable)) {
    throw new UsageError("assign", "only variables change", { got: `${variable as Tensor}` });
  }
  requireDtype("assign", value.dtype, [variable.dtype]);
  if (!sameShape(variable.shape, value.shape)) {
    throw new ShapeError("assign", "the value must have the variable's shape", {
      got: `${value} for ${variable}`,
      remedy: `Reshape it to ${shapeText(variable.shape)}.`,
    });
  }
  untaped(() => {
    variable.renew();
    // A dispatch cannot read and write one buffer, and an arena holds many variables.
    const clashes = value.block.root === variable.block.root;
    const source = clashes ? copy.run(value) : value;
    variable.writableBlock();
    writeInto(source, variable);
    if (clashes) source.dispose();
  });
}

/** Adds to a variable's value. */
export function assignAdd(variable: Variable, change: Tensor): void {
  untaped(() => {
    const sum = add(variable, change);
    assign(variable, sum);
    sum.dispose();
  });
}
