// TFLite operators and constants as they pile up while a graph is written.

import { UsageError } from "../errors.ts";
import { type Graph, type GraphNode, type GraphValue, hostBytes } from "../graph/index.ts";
import type {
  TfliteModel,
  TfliteOperator,
  TfliteOption,
  TfliteScales,
  TfliteTensor,
} from "./model.ts";
import type { Operator, TfliteDType } from "./schema.ts";

/** A tensor of the file. */
export interface Slot {
  readonly name: string;
  readonly dtype: TfliteDType;
  readonly shape: readonly number[];
}

/** A slot whose name is to be made up. */
export type Facts = Omit<Slot, "name">;

/** Elements of a constant. */
export interface Constant {
  readonly data: Float32Array | Int32Array | Uint32Array | Int8Array | Uint8Array;
  readonly quantization?: TfliteScales;
}

/** An operator with what it reads and makes. */
export interface Emitted {
  readonly op: Operator;
  readonly version: number;
  readonly inputs: readonly (Slot | undefined)[];
  readonly outputs: readonly Slot[];
  readonly options: Readonly<Record<string, TfliteOption>>;
}

/** The same dtype and shape, with a name to be made up. */
export const anonymous = ({ dtype, shape }: Slot): Facts => ({ dtype, shape });

const isSame = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** Whole numbers without a sign are written with one: they are indices and labels. */
const dtypeOf = ({ name, dtype }: GraphValue): TfliteDType => {
  if (dtype === "u32") return "i32";
  if (dtype !== "f16") return dtype;
  throw new UsageError("exportTflite", "tensors must be f32, i32, u32 or bool", {
    got: `${name}, which is f16`,
    remedy: "Export the f32 network and pass { weights: \"f16\" }.", // prettier-ignore
  });
};

/** Collects the operators of a model. Lengths are those of the example. */
export class Emitter {
  readonly operators: Emitted[] = [];
  readonly constants: Map<Slot, Constant> = new Map();
  readonly graph: Graph;
  readonly #slots = new Map<GraphValue, Slot>();
  readonly #names = new Set<string>();
  readonly #makers = new Map<Slot, Emitted>();
  readonly #moved = new Map<string, Slot>();

  constructor(graph: Graph) {
    this.graph = graph;
    const values = [...graph.inputs, ...graph.outputs, ...graph.nodes.flatMap((n) => n.outputs)];
    for (const { name } of [...values, ...graph.constants.keys()]) this.#names.add(name);
    for (const [value, { array }] of graph.constants) {
      const slot = { name: value.name, dtype: dtypeOf(value), shape: array.shape };
      this.#slots.set(value, slot);
      this.constants.set(slot, { data: array.data as Float32Array });
    }
  }

  /** The slot of a value of the graph. */
  slot(value: GraphValue): Slot {
    const known = this.#slots.get(value);
    if (known !== undefined) return known;
    const shape = value.shape as readonly number[];
    const slot = { name: value.name, dtype: dtypeOf(value), shape };
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

  /** Appends an operator of one result. */
  emit(
    op: Operator,
    inputs: readonly (Slot | undefined)[],
    target: Slot | Facts,
    options: Readonly<Record<string, TfliteOption>> = {},
    version = 1,
  ): Slot {
    const { dtype, shape } = target;
    const output = "name" in target ? target : { name: this.name(op.toLowerCase()), dtype, shape };
    this.emitAll({ op, inputs, outputs: [output], options, version });
    return output;
  }

  /** Appends an operator. */
  emitAll(emitted: Emitted): void {
    this.operators.push(emitted);
    for (const output of emitted.outputs) this.#makers.set(output, emitted);
  }

  /** A constant by a name like `word`. */
  constant(word: string, facts: Facts, data: Constant["data"]): Slot {
    const slot = { name: this.name(word), dtype: facts.dtype, shape: facts.shape };
    this.constants.set(slot, { data });
    return slot;
  }

  /** Whole numbers in a row. */
  integers(values: readonly number[]): Slot {
    const facts = { dtype: "i32", shape: [values.length] } as const;
    return this.constant("integers", facts, Int32Array.from(values));
  }

  /** A number of a dtype. */
  number(value: number, dtype: TfliteDType = "f32"): Slot {
    const data = dtype === "f32" ? Float32Array.of(value) : Int32Array.of(value);
    return this.constant("number", { dtype, shape: [] }, data);
  }

  /** x under the name of a result, where a result is what the file gives out. */
  same(x: Slot, node: GraphNode): void {
    this.toShape(x, node);
  }

  /** A node's result: x in the result's shape. */
  toShape(x: Slot, node: GraphNode): void {
    const y = this.result(node);
    const [value] = node.outputs as [GraphValue];
    if (this.graph.outputs.includes(value)) this.reshape(x, y.shape, y);
    else this.#slots.set(value, this.reshape(x, y.shape));
  }

  /** x in another shape; nothing is written if it has it. */
  reshape(x: Slot, shape: readonly number[], target?: Slot): Slot {
    const maker = this.#makers.get(x);
    const source = maker?.op === "RESHAPE" ? (maker.inputs[0] as Slot) : x;
    if (target === undefined && isSame(source.shape, shape)) return source;
    const known = this.constants.get(source);
    if (known !== undefined && target === undefined) {
      return this.#once(`${source.name} ${shape.join()}`, () => {
        return this.constant(source.name, { dtype: x.dtype, shape }, known.data);
      });
    }
    const inputs = [source, this.integers(shape)];
    return this.emit("RESHAPE", inputs, target ?? { dtype: x.dtype, shape }, { newShape: shape });
  }

  /** x with its axes in another order; constants are moved here. */
  transpose(x: Slot, order: readonly number[], target?: Slot): Slot {
    const shape = order.map((axis) => x.shape[axis] as number);
    const known = this.constants.get(x);
    if (known !== undefined && target === undefined) {
      return this.#once(`${x.name} by ${order.join()}`, () => {
        const data = transposed(known.data, x.shape, order);
        return this.constant(x.name, { dtype: x.dtype, shape }, data);
      });
    }
    const facts = target ?? { dtype: x.dtype, shape };
    return this.emit("TRANSPOSE", [x, this.integers(order)], facts);
  }

  #once(key: string, make: () => Slot): Slot {
    const slot = this.#moved.get(key) ?? make();
    this.#moved.set(key, slot);
    return slot;
  }

  /** The model: what outputs do not need is left out. */
  model(name: string, description: string): TfliteModel {
    const inputs = this.graph.inputs.map((value) => this.slot(value));
    const outputs = this.graph.outputs.map((value) => this.slot(value));
    const needed = new Set(outputs);
    const kept: Emitted[] = [];
    for (const one of this.operators.toReversed()) {
      if (!one.outputs.some((slot) => needed.has(slot))) continue;
      kept.unshift(one);
      for (const slot of one.inputs) if (slot !== undefined) needed.add(slot);
    }
    const slots = [...new Set([...inputs, ...needed, ...kept.flatMap((one) => one.outputs)])];
    const numbers = new Map(slots.map((slot, i) => [slot, i]));
    const number = (slot: Slot | undefined): number => (slot ? (numbers.get(slot) as number) : -1);
    const operators: TfliteOperator[] = kept.map((one) => {
      return { ...one, inputs: one.inputs.map(number), outputs: one.outputs.map(number) };
    });
    return {
      ...{ name, description, operators },
      tensors: slots.map((slot) => this.#tensor(slot)),
      inputs: inputs.map(number),
      outputs: outputs.map(number),
    };
  }

  #tensor(slot: Slot): TfliteTensor {
    const { name, dtype, shape } = slot;
    const constant = this.constants.get(slot);
    if (constant === undefined) return { name, dtype, shape };
    const { data, quantization } = constant;
    const isHalf = dtype === "f16";
    const stored = dtype === "bool" ? Uint8Array.from(data, Number) : data;
    const bytes = hostBytes({ dtype: isHalf ? "f16" : "f32", data: stored as Float32Array });
    return { name, dtype, shape, bytes, ...(quantization && { quantization }) };
  }
}

/** Elements in the order of axes moved. */
export function transposed<Data extends Constant["data"]>(
  data: Data,
  shape: readonly number[],
  order: readonly number[],
): Data {
  const steps = shape.map((_, i) => shape.slice(i + 1).reduce((n, m) => n * m, 1));
  const lengths = order.map((axis) => shape[axis] as number);
  const moves = order.map((axis) => steps[axis] as number);
  const result = data.slice() as Data;
  const at = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from] as number;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      from += moves[axis] as number;
      if ((at[axis] as number) < (lengths[axis] as number)) break;
      from -= (moves[axis] as number) * (lengths[axis] as number);
      at[axis] = 0;
    }
  }
  return result;
}
