// An optimizer's step on the mean of all replicas' gradients.

import { compile } from "../compile/compile.ts";
import { tensor } from "../ops/creation.ts";
import { type VariableSource, listVariables, valueAndGrad } from "../ops/gradient.ts";
import { concat, slice } from "../ops/slice.ts";
import { reshape } from "../ops/views.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOver } from "./reduction.ts";
import type { Transport } from "./transport.ts";

/** Parts of a data-parallel step. */
export interface DataParallelParts<Args extends readonly unknown[]> {
  readonly transport: Transport;
  readonly optimizer: Optimizer;
  readonly loss: (...args: Args) => Tensor;
  readonly variables: VariableSource;
}

/** A loss and its gradients on this replica, one after the other, as one reads them back at once. */
interface LocalGradients {
  /** `[1 + sizes of the gradients]`. */
  readonly flat: Tensor;
  /** Whether each variable has a gradient. */
  readonly isPresent: readonly boolean[];
}

/** The two halves of a step, between which the replicas exchange. */
export interface Halves<Args extends readonly unknown[]> {
  gradients(...args: Args): LocalGradients;
  apply(flat: Tensor, isPresent: readonly boolean[]): void;
}

/** Both halves as plain functions. */
export function halves<Args extends readonly unknown[]>(
  parts: DataParallelParts<Args>,
): Halves<Args> {
  const { optimizer, loss, variables } = parts;
  const gradients = (...args: Args): LocalGradients =>
    scope(() => {
      const { value, grads } = valueAndGrad(
        () => loss(...args),
        variables as VariableSource<Tensor>,
      );
      const present = grads.filter((gradient) => gradient !== null);
      const flat = concat([value, ...present].map((x) => reshape(x, [x.size])));
      return { flat, isPresent: grads.map((gradient) => gradient !== null) };
    });
  const apply = (flat: Tensor, isPresent: readonly boolean[]): void => {
    const list = listVariables(variables);
    let at = 1;
    const grads = list.map(({ shape, size }, i) => {
      if (isPresent[i] !== true) return null;
      at += size;
      return reshape(slice(flat, [[at - size, at]]), shape);
    });
    optimizer.apply(grads, list);
  };
  return { gradients, apply };
}

/** Both halves compiled, and what forgets their captures. */
export function compiledHalves<Args extends readonly unknown[]>(
  parts: DataParallelParts<Args>,
): Halves<Args> & { dispose(): void } {
  const { gradients, apply } = halves(parts);
  const [first, second] = [compile(gradients), compile(apply)];
  const dispose = (): void => {
    first.dispose();
    second.dispose();
  };
  return { gradients: first, apply: second, dispose };
}

/** One step of all replicas. @returns their mean loss before it. */
export async function takeStep<Args extends readonly unknown[]>(
  { transport, variables }: DataParallelParts<Args>,
  { gradients, apply }: Halves<Args>,
  args: Args,
): Promise<number> {
  const { flat, isPresent } = gradients(...args);
  const own = (await flat.data()) as Float32Array<ArrayBuffer>;
  flat.dispose();
  const shapes = listVariables(variables).map(({ shape }, i) => {
    return isPresent[i] === true ? `[${shape.join()}]` : "none";
  });
  const label = `gradients of ${shapes.join(" ")}`;
  const [reduced] = await reduceOver(transport, label, "mean", [own]);
  scope(() => apply(tensor(reduced as Float32Array<ArrayBuffer>), isPresent));
  return (reduced as Float32Array<ArrayBuffer>)[0] as number;
}
