// Two runs of a function, the second with one example more, put together as one graph.

import { type HostArray } from "../data/hostArray.ts";
import { toHostArray } from "../data/batchTensors.ts";
import { UsageError, shapeText } from "../errors.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import {
  type BatchLength,
  type Dim,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
  isBatch,
} from "./graph.ts";
import type { Noted, NotedOp } from "./graphTape.ts";

/** A run of the function under a tape. */
export interface Run {
  readonly ops: readonly NotedOp[];
  readonly inputs: readonly Noted[];
  readonly outputs: readonly Noted[];
  /** Values of constants, by what was noted of them. */
  readonly kept: ReadonlyMap<Noted, Tensor>;
}

/** Names of inputs and outputs, and the inputs' axes of the batch. */
export interface Ends {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly axes: readonly (number | null)[];
}

/**
 * The graph that both runs are cases of.
 *
 * @throws {UsageError} if they differ in more than lengths.
 */
export async function assembleGraph(first: Run, second: Run, ends: Ends): Promise<Graph> {
  const builder = new Builder(first, second, ends);
  await builder.readConstants();
  return builder.graph();
}

function differs(got: string): UsageError {
  return new UsageError("trace", "the forward pass must be the same for every batch", {
    got,
    remedy: "Pass { batchAxes: [] } for a graph of the example's batch alone.",
  });
}

class Builder {
  readonly #first: Run;
  readonly #second: Run;
  readonly #ends: Ends;
  /** What the second run has in the place of a value of the first. */
  readonly #others = new Map<Noted, Noted>();
  readonly #values = new Map<Noted, GraphValue>();
  readonly #constants = new Map<GraphValue, GraphConstant>();
  readonly #nodes: GraphNode[] = [];
  readonly #names = new Map<string, number>();
  readonly #batches: readonly [number, number];
  readonly #batchInput: number;

  constructor(first: Run, second: Run, ends: Ends) {
    this.#first = first;
    this.#second = second;
    this.#ends = ends;
    this.#batchInput = ends.axes.findIndex((axis) => axis !== null);
    const axis = ends.axes[this.#batchInput] ?? 0;
    const length = ({ inputs }: Run): number => inputs[this.#batchInput]?.shape[axis] ?? 0;
    this.#batches = [length(first), length(second)];
    for (const name of [...ends.inputs, ...ends.outputs]) this.#unique(name);
    this.#pair(first.inputs, second.inputs);
    this.#pair(first.outputs, second.outputs);
    this.#pairOps();
  }

  #pairOps(): void {
    const [ops, others] = [this.#first.ops, this.#second.ops];
    ops.forEach((one, i) => {
      const other = others[i];
      if (other?.op !== one.op) throw differs(`${one.op}, then ${other?.op ?? "nothing"}`);
      this.#pair(one.inputs, other.inputs);
      this.#pair(one.outputs, other.outputs);
    });
    if (others.length > ops.length) throw differs(`${ops.length} ops, then ${others.length}`);
  }

  #pair(ones: readonly Noted[], others: readonly Noted[]): void {
    ones.forEach((one, i) => this.#others.set(one, others[i] as Noted));
  }

  /** Fetches the values of constants, and tells those apart that only differ in length. */
  async readConstants(): Promise<void> {
    for (const [noted, tensor] of this.#first.kept) {
      const array = await toHostArray(tensor);
      const other = this.#others.get(noted) as Noted;
      const otherTensor = this.#second.kept.get(other);
      const again = otherTensor === undefined ? array : await toHostArray(otherTensor);
      this.#addConstant(noted, array, again);
    }
  }

  #addConstant(noted: Noted, array: HostArray, again: HostArray): void {
    const shape = this.#dims(noted);
    const { dtype } = noted;
    const name = this.#nameOf(noted);
    if (!shape.some(isBatch)) {
      if (!sameElements(array, again)) throw differs(`another value of ${name}`);
      const value = { name, dtype, shape };
      this.#values.set(noted, value);
      this.#constants.set(value, { value, array });
      return;
    }
    // Lengths by the batch: one row stands for all, which must be alike.
    const short = shape.map((dim, i) => (isBatch(dim) ? 1 : (array.shape[i] as number)));
    const row = firstOf(array, short);
    if (!isRepeated(array, row) || !isRepeated(again, row)) {
      throw differs(`a constant ${shapeText(array.shape)} whose value depends on the batch`);
    }
    const value: GraphValue = { name, dtype, shape: short };
    this.#constants.set(value, { value, array: row });
    const wide: GraphValue = { name: this.#unique(`${name}.rows`), dtype, shape };
    this.#values.set(noted, wide);
    const facts = {
      inputs: [value],
      outputs: [wide],
      attributes: undefined,
      others: undefined,
      module: "",
    };
    this.#nodes.push({ op: "broadcastTo", ...facts });
  }

  graph(): Graph {
    const [first] = [this.#first];
    const inputs = first.inputs.map((noted, i) => this.#value(noted, this.#ends.inputs[i]));
    const fixed = new Map(first.outputs.map((noted, i) => [noted, this.#ends.outputs[i]]));
    for (const [i, { op, ...one }] of first.ops.entries()) {
      this.#nodes.push({
        op,
        module: one.module,
        inputs: one.inputs.map((noted) => this.#value(noted)),
        outputs: one.outputs.map((noted) => {
          return this.#value(noted, noted.isInput ? undefined : fixed.get(noted), op);
        }),
        attributes: one.attributes,
        others: this.#second.ops[i]?.attributes,
      });
    }
    const outputs = first.outputs.map((noted, i) => this.#output(noted, this.#ends.outputs[i]));
    const nodes = needed(this.#nodes, outputs);
    const read = new Set(nodes.flatMap((node) => node.inputs));
    const constants = new Map([...this.#constants].filter(([value]) => read.has(value)));
    const input = inputs[this.#batchInput];
    const axis = this.#ends.axes[this.#batchInput] ?? 0;
    const isBatched = input !== undefined && this.#batchInput >= 0;
    const batchOf = isBatched ? { input, axis } : undefined;
    const batch = isBatched ? this.#batches[0] : undefined;
    return { inputs, outputs, nodes, constants, batch, batchOf };
  }

  /** An output of a name of its own, where a value has none or another. */
  #output(noted: Noted, name: string | undefined): GraphValue {
    const value = this.#value(noted);
    if (value.name === name) return value;
    const output: GraphValue = { ...value, name: name ?? "output" };
    const facts = {
      inputs: [value],
      outputs: [output],
      attributes: undefined,
      others: undefined,
      module: "",
    };
    this.#nodes.push({ op: "contiguous", ...facts });
    return output;
  }

  #value(noted: Noted, name?: string, word = "value"): GraphValue {
    const known = this.#values.get(noted);
    if (known !== undefined) return known;
    const own = name ?? this.#unique(word);
    const value = { name: own, dtype: noted.dtype, shape: this.#dims(noted) };
    this.#values.set(noted, value);
    return value;
  }

  #dims(noted: Noted): Dim[] {
    const other = this.#others.get(noted);
    if (other === undefined) return [...noted.shape];
    if (other.shape.length !== noted.shape.length) throw differs("tensors of other ranks");
    const [b, b2] = this.#batches;
    return noted.shape.map((length, i): Dim => {
      const longer = other.shape[i] as number;
      if (longer === length) return length;
      const times = (longer - length) / (b2 - b);
      const plus = length - times * b;
      if (Number.isInteger(times)) return { times, plus } satisfies BatchLength;
      throw differs(`a length of ${length}, then ${longer}`);
    });
  }

  #nameOf({ variables }: Noted): string {
    const [variable, second] = variables;
    if (variable === undefined || second !== undefined) return this.#unique("constant");
    return this.#unique((variable as Variable).name);
  }

  #unique(name: string): string {
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    if (count === 0) return name;
    return this.#unique(`${name}_${count}`);
  }
}

/** Nodes that the outputs depend on. */
function needed(nodes: readonly GraphNode[], outputs: readonly GraphValue[]): GraphNode[] {
  const wanted = new Set(outputs);
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) wanted.add(input);
  }
  return kept.reverse();
}

function sameElements(a: HostArray, b: HostArray): boolean {
  if (a === b) return true;
  return a.data.length === b.data.length && a.data.every((x, i) => Object.is(x, b.data[i]));
}

/** The part at the start of each axis. */
function firstOf(array: HostArray, shape: readonly number[]): HostArray {
  const { data } = array;
  const picked = placesIn(array.shape, shape);
  const row = data.slice(0, picked.length);
  picked.forEach((place, i) => (row[i] = data[place] as number));
  return { dtype: array.dtype, shape, data: row } as HostArray;
}

/** Whether `array` is `row` broadcast. */
function isRepeated(array: HostArray, row: HostArray): boolean {
  const counts = array.shape.map((_, i) => array.shape.slice(i + 1).reduce((n, m) => n * m, 1));
  const own = row.shape.map((_, i) => row.shape.slice(i + 1).reduce((n, m) => n * m, 1));
  return array.data.every((element, at) => {
    let place = 0;
    array.shape.forEach((length, i) => {
      const index = Math.floor(at / (counts[i] as number)) % length;
      if (row.shape[i] !== 1) place += index * (own[i] as number);
    });
    return Object.is(element, row.data[place]);
  });
}

/** Where the elements of a part lie in the whole. */
function placesIn(whole: readonly number[], part: readonly number[]): number[] {
  return Array.from({ length: sizeOf(part) }, (_, at) => {
    let [rest, place, step] = [at, 0, 1];
    for (let i = part.length - 1; i >= 0; i--) {
      place += (rest % (part[i] as number)) * step;
      rest = Math.floor(rest / (part[i] as number));
      step *= whole[i] as number;
    }
    return place;
  });
}
