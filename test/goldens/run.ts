// What every adapter of a reference op is, and the plainest ones.

import type { Tensor } from "../../src/index.ts";
import type { Named } from "./case.ts";

export type Attrs = Readonly<Record<string, unknown>>;

/** Outputs by name, or the only one; undefined when these attributes are not covered. */
export type Run = (x: Named, attrs: Attrs) => Tensor | Named | undefined;

export const unary =
  (op: (x: Tensor) => Tensor): Run =>
  ({ x }) =>
    op(x as Tensor);

export const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Run =>
  ({ a, b }) =>
    op(a as Tensor, b as Tensor);
