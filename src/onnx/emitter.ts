// ONNX nodes and initializers as they pile up while a graph is written.

import type { HostArray } from "../data/hostArray.ts";
import {
  type BatchLength,
  type Dim,
  type Graph,
  type GraphNode,
  type GraphValue,
  isBatch,
} from "../graph/index.ts";
import type { DType } from "../tensor/dtype.ts";

/** Element types of ONNX tensors that the exporter writes. */
export type OnnxDType = DType | "i64" | "i8";

/** A tensor of the ONNX graph. */
export interface Slot {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly Dim[];
}

/** A value of an attribute. */
export type Attribute = number | string | readonly number[];

/** A node of the ONNX graph; an input that is left out is undefined. */
export interface Emitted {
  readonly op: string;
  inputs: (Slot | undefined)[];
  outputs: Slot[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Elements of an initializer. */
export interface Initializer {
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  readonly data: HostArray["data"] | BigInt64Array | Int8Array | Float64Array;
}

/** Attributes that are real numbers whatever their value: ONNX tells 1 from 1.0. */
export const REAL_ATTRIBUTES: ReadonlySet<string> = new Set(["alpha", "beta", "epsilon"]);

/** A length of a slot for the example, for checks. */
const known = (dim: Dim): number => (isBatch(dim) ? -1 : dim);

/** Collects the nodes of a graph. */
export class Emitter {
  readonly nodes: Emitted[] = [];
  readonly initializers: Map<string, Initializer> = new Map();
  readonly graph: Graph;
  readonly #slots = new Map<GraphValue, Slot>();
  readonly #names = new Set<string>();
  readonly #integers = new Map<string, Slot>();
  #batch: Slot | undefined;

  constructor(graph: Graph) {
    this.graph = graph;
    const values = [...graph.inputs, ...graph.outputs, ...graph.nodes.flatMap((n) => n.outputs)];
    for (const { name } of [...values, ...graph.constants.keys()]) this.#names.add(name);
    for (const [value, { array }] of graph.constants) {
      const slot = { name: value.name, dtype: value.dtype, shape: array.shape };
      this.#slots.set(value, slot);
      this.initializers.set(value.name, array as Initializer);
    }
  }

  /** The slot of a value of the graph. */
  slot(value: GraphValue): Slot {
    const known = this.#slots.get(value);
    if (known !== undefined) return known;
    const slot = { name: value.name, dtype: value.dtype, shape: value.shape };
    this.#slots.set(value, slot);
    return slot;
  }

  /** Slots of what a node reads. */
  inputs(node: GraphNode): Slot[] {
    return node.inputs.map((input) => this.slot(input));
  }

  /** The slot that a node's one result goes to. */
  result(node: GraphNode): Slot {
    return this.slot(node.outputs[0] as GraphValue);
  }

  /** A name that nothing else has. */
  name(word: string): string {
    let name = word;
    for (let i = 1; this.#names.has(name); i++) name = `${word}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Appends a node of one result. */
  emit(
    op: string,
    inputs: readonly (Slot | undefined)[],
    target: Slot | Omit<Slot, "name">,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Slot {
    const { dtype, shape } = target;
    const output = "name" in target ? target : { name: this.name(op), dtype, shape };
    this.nodes.push({ op, inputs: [...inputs], outputs: [output], attributes });
    return output;
  }

  /** Integers as an initializer, one for all that are alike. */
  integers(values: readonly number[]): Slot {
    const key = values.join();
    const before = this.#integers.get(key);
    if (before !== undefined) return before;
    const shape = [values.length];
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    const slot = this.initializer("integers", { dtype: "i64", shape, data });
    this.#integers.set(key, slot);
    return slot;
  }

  /** A number of a dtype. */
  number(value: number, dtype: OnnxDType = "f32"): Slot {
    const data = dtype === "i32" ? Int32Array.of(value) : Float32Array.of(value);
    return this.initializer("number", { dtype, shape: [], data });
  }

  /** An initializer by a name like `word`. */
  initializer(word: string, array: Initializer): Slot {
    const name = this.name(word);
    this.initializers.set(name, array);
    return { name, dtype: array.dtype, shape: array.shape };
  }

  /** A slot's value if it is an initializer. */
  valueOf(slot: Slot): Initializer | undefined {
    return this.initializers.get(slot.name);
  }

  /** x in another shape. */
  reshape(x: Slot, shape: readonly Dim[], target?: Slot): Slot {
    return this.emit("Reshape", [x, this.#wanted(shape)], target ?? { dtype: x.dtype, shape });
  }

  transpose(x: Slot, order: readonly number[], target?: Slot): Slot {
    const shape = order.map((axis) => x.shape[axis] as Dim);
    return this.emit("Transpose", [x], target ?? { dtype: x.dtype, shape }, { perm: order });
  }

  /** Lengths as a tensor of integers: computed from the batch where they follow it. */
  lengths(shape: readonly Dim[]): Slot {
    if (!shape.some(isBatch)) return this.integers(shape.map(known));
    const parts = shape.map((dim) => (isBatch(dim) ? this.#length(dim) : this.integers([dim])));
    return this.emit("Concat", parts, { dtype: "i64", shape: [shape.length] }, { axis: 0 });
  }

  /** Lengths for Reshape, which finds one of them itself. */
  #wanted(shape: readonly Dim[]): Slot {
    if (shape.filter(isBatch).length > 1) return this.lengths(shape);
    return this.integers(shape.map(known));
  }

  #length({ times, plus }: BatchLength): Slot {
    const one = { dtype: "i64", shape: [1] } as const;
    this.#batch ??= this.#readBatch();
    const scaled =
      times === 1 ? this.#batch : this.emit("Mul", [this.#batch, this.integers([times])], one);
    return plus === 0 ? scaled : this.emit("Add", [scaled, this.integers([plus])], one);
  }

  #readBatch(): Slot {
    const { input, axis } = this.graph.batchOf as { input: GraphValue; axis: number };
    const slot = this.slot(input);
    const shape = this.emit("Shape", [slot], { dtype: "i64", shape: [slot.shape.length] });
    return this.emit("Gather", [shape, this.integers([axis])], { dtype: "i64", shape: [1] });
  }
}
