// A network's forward pass as a graph of named values and ops: what every exporter reads.

import type { HostArray } from "../data/hostArray.ts";
import type { DType } from "../tensor/dtype.ts";

/** A length that grows with the batch: `times` · batch + `plus`. */
export interface BatchLength {
  readonly times: number;
  readonly plus: number;
}

/** A length: fixed, or by the batch. */
export type Dim = number | BatchLength;

/** A tensor of the graph: an input, a constant, or what a node makes. */
export interface GraphValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** An op with what it reads and makes. */
export interface GraphNode {
  /** The op's name, as tapes have it. */
  readonly op: string;
  /** The module that the op is of, by its path of names; "" outside of all. */
  readonly module: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** What else the op was given, in a form of its own. Lengths are those of the example. */
  readonly attributes: unknown;
  /** The same with a batch that is one longer; equal to `attributes` where the batch is fixed. */
  readonly others: unknown;
}

/** A constant: a variable's value, or what was computed from constants alone. */
export interface GraphConstant {
  readonly value: GraphValue;
  readonly array: HostArray;
}

/** A traced forward pass. Nodes come after what they read. */
export interface Graph {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<GraphValue, GraphConstant>;
  /** The example's batch, or undefined if no length depends on it. */
  readonly batch: number | undefined;
  /** The input that tells the batch, and its axis. */
  readonly batchOf: { readonly input: GraphValue; readonly axis: number } | undefined;
}

/** Whether a length is by the batch. */
export const isBatch = (dim: Dim): dim is BatchLength => typeof dim !== "number";

/** The lengths for a batch. */
export function lengthsFor(shape: readonly Dim[], batch: number): number[] {
  return shape.map((dim) => (isBatch(dim) ? dim.times * batch + dim.plus : dim));
}

/** Whether lengths are the same for every batch. */
export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return (
    a.length === b.length &&
    a.every((dim, i) => {
      const other = b[i] as Dim;
      if (!isBatch(dim) || !isBatch(other)) return dim === other;
      return dim.times === other.times && dim.plus === other.plus;
    })
  );
}
