// Fewer moves in an ONNX graph: reshapes and transposes that undo one another go, others move on
// until they meet one that does, and those of initializers are done at once.

import { type Dim, sameDims } from "../graph/index.ts";
import type { Emitted, Emitter, Initializer, Slot } from "./emitter.ts";
import { ELEMENTWISE } from "./exportElements.ts";

/** Rewrites the nodes in place. */
export function simplify(to: Emitter): void {
  const outputs = new Set(to.graph.outputs.map((output) => to.slot(output).name));
  const fixed = new Set(to.graph.inputs.map((input) => to.slot(input).name));
  const pass = new Pass(to, outputs, fixed);
  while (pass.run());
  dropUnused(to, outputs);
}

class Pass {
  readonly #to: Emitter;
  readonly #outputs: ReadonlySet<string>;
  readonly #fixed: ReadonlySet<string>;
  #makers = new Map<string, Emitted>();

  constructor(to: Emitter, outputs: ReadonlySet<string>, fixed: ReadonlySet<string>) {
    this.#to = to;
    this.#outputs = outputs;
    this.#fixed = fixed;
  }

  /** One round over all nodes. @returns whether anything changed. */
  run(): boolean {
    const { nodes } = this.#to;
    this.#makers = new Map(nodes.flatMap((node) => node.outputs.map((y) => [y.name, node])));
    let changed = false;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as Emitted;
      const next = this.#rewrite(node);
      if (next === undefined) continue;
      nodes.splice(i, 1, ...next);
      for (const one of next) for (const y of one.outputs) this.#makers.set(y.name, one);
      i += next.length - 1;
      changed = true;
    }
    if (changed) dropUnused(this.#to, this.#outputs);
    return changed;
  }

  /** What a node becomes, or undefined if it stays. */
  #rewrite(node: Emitted): Emitted[] | undefined {
    const { op } = node;
    if (op === "Identity" || op === "Reshape" || op === "Transpose") {
      const [x, y] = [node.inputs[0] as Slot, node.outputs[0] as Slot];
      if (this.#isIdle(node, x, y) && this.#replace(y, x)) return [];
      if (op === "Reshape" || op === "Transpose") return this.#joined(node, x, y);
      return undefined;
    }
    if (op === "ReduceMean" || op === "ReduceMax") return this.#reduced(node);
    return ELEMENTWISE.has(op) ? this.#sunk(node) : undefined;
  }

  #isIdle({ op, attributes }: Emitted, x: Slot, y: Slot): boolean {
    if (op === "Reshape") return sameDims(x.shape, y.shape);
    if (op === "Transpose") return (attributes.perm as number[]).every((axis, i) => axis === i);
    return true;
  }

  /** Lets everyone who reads `y` read `x`. @returns false if both have names of their own. */
  #replace(y: Slot, x: Slot): boolean {
    if (this.#outputs.has(y.name)) {
      const maker = this.#makers.get(x.name);
      if (maker === undefined || this.#outputs.has(x.name) || this.#fixed.has(x.name)) return false;
      maker.outputs = maker.outputs.map((one) => (one.name === x.name ? y : one));
      this.#rename(x, y);
      return true;
    }
    this.#rename(y, x);
    return true;
  }

  #rename(from: Slot, to: Slot): void {
    for (const node of this.#to.nodes) {
      node.inputs = node.inputs.map((one) => (one?.name === from.name ? to : one));
    }
  }

  /** A reshape or transpose of the like, or of an initializer. */
  #joined(node: Emitted, x: Slot, y: Slot): Emitted[] | undefined {
    const maker = this.#makers.get(x.name);
    if (maker?.op === node.op) {
      const given = maker.inputs[0] as Slot;
      if (node.op === "Reshape") return [{ ...node, inputs: [given, node.inputs[1]] }];
      const [inner, outer] = [maker, node].map(({ attributes }) => attributes.perm as number[]);
      const perm = (outer as number[]).map((axis) => (inner as number[])[axis] as number);
      return [{ ...node, inputs: [given], attributes: { perm } }];
    }
    const array = this.#to.valueOf(x);
    if (array === undefined || this.#outputs.has(y.name)) return undefined;
    const shape = y.shape.map(Number);
    if (shape.some(Number.isNaN)) return undefined;
    const perm = node.attributes.perm as number[] | undefined;
    const moved = perm === undefined ? { ...array, shape } : transposed(array, perm);
    // A weight keeps its name if nobody needs it as it was.
    const isShared = this.#to.nodes.some((one) => one !== node && one.inputs.includes(x));
    if (!isShared) this.#to.initializers.delete(x.name);
    const name = isShared ? this.#to.name(x.name) : x.name;
    this.#to.initializers.set(name, moved);
    this.#rename(y, { name, dtype: x.dtype, shape });
    return [];
  }

  /** An elementwise op of transposed tensors: transposed itself. */
  #sunk(node: Emitted): Emitted[] | undefined {
    const [y] = node.outputs as [Slot];
    const makers = node.inputs.map((x) => x && this.#makers.get(x.name));
    const first = makers.find((maker) => maker?.op === "Transpose");
    if (first === undefined) return undefined;
    const perm = first.attributes.perm as number[];
    const rank = perm.length;
    if (y.shape.length !== rank) return undefined;
    const inputs = node.inputs.map((x, i): Slot | undefined => {
      const maker = makers[i];
      const isAlike = maker?.op === "Transpose" && String(maker.attributes.perm) === String(perm);
      if (isAlike) return maker.inputs[0];
      return x && this.#untransposed(x, perm);
    });
    if (inputs.some((x, i) => x === undefined && node.inputs[i] !== undefined)) return undefined;
    const shape: Dim[] = [];
    perm.forEach((axis, i) => (shape[axis] = y.shape[i] as Dim));
    const before = { name: this.#to.name(node.op), dtype: y.dtype, shape };
    return [
      { ...node, inputs, outputs: [before] },
      { op: "Transpose", inputs: [before], outputs: [y], attributes: { perm } },
    ];
  }

  /** A constant along one axis at most, seen before a transpose. */
  #untransposed(x: Slot, perm: readonly number[]): Slot | undefined {
    const array = this.#to.valueOf(x);
    if (array === undefined || array.shape.length > perm.length) return undefined;
    const long = array.shape.flatMap((n, i) => (n === 1 ? [] : [i]));
    if (long.length === 0) {
      if (array.shape.length === 0) return x;
      return this.#to.initializer(x.name, { ...array, shape: [] });
    }
    if (long.length > 1) return undefined;
    const at = (long[0] as number) + perm.length - array.shape.length;
    const shape = perm.map(() => 1);
    shape[perm[at] as number] = array.shape[long[0] as number] as number;
    return this.#to.initializer(x.name, { ...array, shape });
  }

  /** A reduction of a transposed tensor that leaves the order as it was. */
  #reduced(node: Emitted): Emitted[] | undefined {
    const [x] = node.inputs as [Slot];
    const maker = this.#makers.get(x.name);
    if (maker?.op !== "Transpose" || node.attributes.keepdims !== 0) return undefined;
    const perm = maker.attributes.perm as number[];
    const given = node.attributes.axes as number[];
    const kept = perm.filter((_, i) => !given.includes(i));
    if (kept.some((axis, i) => i > 0 && axis < (kept[i - 1] as number))) return undefined;
    const axes = given.map((axis) => perm[axis] as number).sort((a, b) => a - b);
    const inputs = [maker.inputs[0]];
    return [{ ...node, inputs, attributes: { ...node.attributes, axes } }];
  }
}

/** Removes nodes and initializers that no output needs. */
function dropUnused(to: Emitter, outputs: ReadonlySet<string>): void {
  const wanted = new Set(outputs);
  const kept: Emitted[] = [];
  for (const node of to.nodes.toReversed()) {
    if (!node.outputs.some(({ name }) => wanted.has(name))) continue;
    kept.push(node);
    for (const x of node.inputs) if (x !== undefined) wanted.add(x.name);
  }
  to.nodes.splice(0, to.nodes.length, ...kept.reverse());
  for (const name of to.initializers.keys()) if (!wanted.has(name)) to.initializers.delete(name);
}

/** Elements in another order of axes. */
export function transposed(array: Initializer, perm: readonly number[]): Initializer {
  const shape = perm.map((axis) => array.shape[axis] as number);
  const steps = array.shape.map((_, i) => array.shape.slice(i + 1).reduce((n, m) => n * m, 1));
  const strides = perm.map((axis) => steps[axis] as number);
  const data = array.data.slice();
  const index = shape.map(() => 0);
  let place = 0;
  for (let at = 0; at < data.length; at++) {
    data[at] = array.data[place] as never;
    for (let i = shape.length - 1; i >= 0; i--) {
      place += strides[i] as number;
      index[i] = (index[i] as number) + 1;
      if ((index[i] as number) < (shape[i] as number)) break;
      place -= (shape[i] as number) * (strides[i] as number);
      index[i] = 0;
    }
  }
  return { ...array, shape, data } as Initializer;
}
