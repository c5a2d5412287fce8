// What a command line says of inputs and networks.

import { Module, type Tensor, UsageError, ones, zeros } from "../index.ts";

const DTYPES = ["f32", "i32"] as const;

/**
 * A tensor from text such as `f32[1,28,28]`: ones, or zeros of whole numbers.
 *
 * @throws {UsageError} if it is none.
 */
export function exampleOf(text: string): Tensor {
  const [, dtype = "f32", lengths] = /^(\w+)?\[([\d,\s]*)\]$/.exec(text.trim()) ?? [];
  const shape = (lengths ?? "x").split(",").filter((n) => n.trim() !== "").map(Number); // prettier-ignore
  const isKnown = DTYPES.some((one) => one === dtype);
  if (lengths === undefined || !isKnown || !shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw new UsageError("export", `--input must be like f32[1,28,28]`, {
      got: text,
      remedy: `Dtypes are ${DTYPES.join(" and ")}.`,
    });
  }
  return dtype === "i32" ? zeros(shape, "i32") : ones(shape);
}

/**
 * The network that a file exports: a module, its class, or a function that makes it.
 *
 * @throws {UsageError} if it is none of them.
 */
export function netOf(exported: Readonly<Record<string, unknown>>, name: string): Module {
  const value = exported[name];
  if (value instanceof Module) return value;
  if (typeof value === "function") {
    const isClass = value.prototype instanceof Module;
    const Made = value as unknown as (new () => unknown) & (() => unknown);
    const made = isClass ? new Made() : Made();
    if (made instanceof Module) return made;
  }
  throw new UsageError("export", "--net must name a module, its class, or what makes it", {
    got: value === undefined ? `no export ${name}` : `${name}: ${typeof value}`,
    remedy: `It exports ${Object.keys(exported).join(", ")}.`,
  });
}
