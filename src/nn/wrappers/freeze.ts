// Taking variables out of training, and back.

import { type Module, allVariables } from "../module.ts";
import { isFloat } from "../../tensor/dtype.ts";

/**
 * Takes what a module has so far out of training: its variables get no gradients, and `trainableVariables`
 * leaves them out. Make the optimizer, or call its first step, afterwards.
 *
 *     freeze(pretrained);
 *     optimizer.minimize(loss, () => model.trainableVariables); // the rest of the model
 */
export function freeze(...modules: readonly Module[]): void {
  for (const variable of allVariables(...modules)) variable.trainable = false;
}

/** Takes floating variables of a module into training, also those that were made not to be trained. */
export function unfreeze(...modules: readonly Module[]): void {
  for (const variable of allVariables(...modules)) variable.trainable = isFloat(variable.dtype);
}
