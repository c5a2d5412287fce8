// Arguments and results of compiled functions: the tensors in them, and what else they are.

import { isPlainObject } from "../tensor/plainObject.ts";
import { sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** Whether a value is a tensor that is passed by value. Variables are passed as they are. */
export const isOperand = (value: unknown): value is Tensor =>
  value instanceof Tensor && !(value instanceof Variable);

/** What a capture fixes of an operand. */
export type Operand = Pick<Tensor, "shape" | "dtype">;

/** Whether arguments are tensors alone, with the shapes and dtypes of others. */
export function areLike(args: readonly unknown[], others: readonly Operand[]): boolean {
  if (args.length !== others.length) return false;
  for (let i = 0; i < args.length; i++) {
    const [given, { shape, dtype }] = [args[i], others[i] as Operand];
    if (!isOperand(given) || given.dtype !== dtype || !sameShape(given.shape, shape)) return false;
  }
  return true;
}

/** The same structure with some values replaced; arrays and plain objects are walked through. */
export function mapLeaves<T, Leaf>(
  value: T,
  isLeaf: (item: unknown) => item is Leaf,
  map: (leaf: Leaf) => unknown,
): T {
  const walk = (item: unknown): unknown => {
    if (isLeaf(item)) return map(item);
    if (Array.isArray(item)) return item.map(walk);
    if (!isPlainObject(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value) as T;
}

/** The same structure with every operand replaced. */
export function mapTensors<T>(value: T, map: (tensor: Tensor) => unknown): T {
  return mapLeaves(value, isOperand, map);
}

/** The operands of a structure, in the order in which `mapTensors` meets them. */
export function tensorsIn(value: unknown, found: Tensor[] = []): Tensor[] {
  if (isOperand(value)) found.push(value);
  else if (Array.isArray(value)) for (const item of value) tensorsIn(item, found);
  else if (isPlainObject(value)) for (const item of Object.values(value)) tensorsIn(item, found);
  return found;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 1;

function identityOf(value: object): number {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, nextIdentity);
  return nextIdentity++;
}

/** Equal for arguments that one capture serves: shapes and dtypes of tensors, all else by value. */
export function signatureOf(value: unknown): string {
  if (isOperand(value)) return `${value.dtype}[${value.shape.join()}]`;
  if (Array.isArray(value)) return `(${value.map(signatureOf).join()})`;
  if (isPlainObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${key}:${signatureOf(item)}`);
    return `{${entries.join()}}`;
  }
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    return `#${identityOf(value)}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : `${String(value)}`;
}
