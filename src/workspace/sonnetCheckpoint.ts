// Values from Sonnet: the tensors of a TensorFlow checkpoint in the order of a module's variables.

import { toTensor } from "../data/batchTensors.ts";
import type { HostArray } from "../data/hostArray.ts";
import { DataError } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { sameShape } from "../tensor/shape.ts";
import { scope } from "../tensor/scope.ts";
import type { Variable } from "../tensor/variable.ts";

const SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE";

/** Attributes of an object as a checkpoint names them; variables are at the ends. */
interface Node {
  readonly parts: Map<string, Node>;
  key?: string;
}

const isList = ({ parts }: Node): boolean => [...parts.keys()].every((key) => /^\d+$/.test(key));

const byName = ([a]: [string, Node], [b]: [string, Node]): number => Number(a > b) - Number(a < b);

const byNumber = ([a]: [string, Node], [b]: [string, Node]): number => Number(a) - Number(b);

/**
 * Keys in the order of `module.variables`: a module's own variables first, attributes by name and lists in
 * their order, then those of modules in it.
 */
function ordered(node: Node, into: string[] = []): string[] {
  const inner: Node[] = [];
  const walk = (part: Node): void => {
    if (part.key !== undefined) into.push(part.key);
    else if (part.parts.size > 0 && isList(part)) {
      [...part.parts].sort(byNumber).forEach(([, item]) => walk(item));
    } else inner.push(part);
  };
  [...node.parts].sort(byName).forEach(([, part]) => walk(part));
  for (const part of inner) ordered(part, into);
  return into;
}

/**
 * Gives the variables of a module the values that the same module had in Sonnet. They are matched by their
 * order, which is Sonnet's, and all shapes are checked before anything is changed.
 *
 *     const tensors = decodeTensorBundle("checkpoint-1", index, shards);
 *     build(model, [1, 784]); // makes the variables
 *     restoreSonnet(model.variables, tensors);
 *
 * @param prefix  the module's name in `tf.train.Checkpoint(module=module)`. Default "module".
 * @throws {DataError} unless there is a tensor of its shape for every variable, and none else.
 */
export function restoreSonnet(
  variables: readonly Variable[],
  tensors: Readonly<Record<string, HostArray>>,
  prefix = "module",
): void {
  const root: Node = { parts: new Map() };
  for (const key of Object.keys(tensors)) {
    if (!key.startsWith(`${prefix}/`) || !key.endsWith(SUFFIX)) continue;
    let node = root;
    for (const part of key.slice(prefix.length + 1, -SUFFIX.length).split("/")) {
      const next: Node = node.parts.get(part) ?? { parts: new Map() };
      node.parts.set(part, next);
      node = next;
    }
    node.key = key;
  }
  const keys = ordered(root);
  if (keys.length !== variables.length) {
    throw new DataError("restoreSonnet", "there must be a tensor for every variable", {
      got: `${keys.length} tensors under ${prefix}/ for ${variables.length} variables`,
      remedy: "Call the module once first, or pass the prefix that the checkpoint has.",
    });
  }
  const pairs = keys.map(
    (key, i) => [tensors[key] as HostArray, variables[i] as Variable] as const,
  );
  pairs.forEach(([{ dtype, shape }, variable], i) => {
    if (sameShape(shape, variable.shape) && dtype === variable.dtype) return;
    throw new DataError("restoreSonnet", "tensors must have the variables' shapes and dtypes", {
      got: `${keys[i]} ${dtype} [${shape.join(", ")}] for ${variable}`,
    });
  });
  scope(() => pairs.forEach(([array, variable]) => assign(variable, toTensor(array))));
}
