// Factors and offsets behind products and convolutions, taken into their weights and biases.

import type { HostArray } from "../data/hostArray.ts";
import {
  type Dim,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
  sameDims,
} from "./graph.ts";

/** y = scale · x + offset, a number of each for every channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** A product or convolution with the steps behind it that only its channels tell apart. */
interface Chain {
  readonly base: GraphNode;
  /** Reshapes on the way, in order. */
  readonly moves: readonly GraphNode[];
  /** What is left out. */
  readonly steps: readonly GraphNode[];
  readonly affine: Affine;
  readonly end: GraphValue;
}

/** The axis of the output channels in the weights, by the op; undefined where it cannot fold. */
function channelAxis({ op, attributes }: GraphNode): number | undefined {
  if (op === "conv") return 4;
  const given = attributes as { groups?: number; transposeB?: boolean; activation?: string };
  if (op === "convInputGradient" && given.groups === 1) return 3;
  if (op !== "matmul" || given.activation !== undefined) return undefined;
  return given.transposeB === true ? 0 : 1;
}

const MOVES = new Set(["reshape", "contiguous", "stopGradient", "scaleGradient"]);

/**
 * The graph with every `scale · f(x) + offset` of constants, a number for each channel, as a product
 * or convolution of other weights: norms in evaluation mode vanish.
 *
 *   (x w + b) s + o = x (w s) + (b s + o)
 */
export function foldAffine(graph: Graph): Graph {
  return new Folder(graph).folded();
}

class Folder {
  readonly #graph: Graph;
  readonly #readers = new Map<GraphValue, GraphNode[]>();
  readonly #constants: Map<GraphValue, GraphConstant>;
  readonly #names: Set<string>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants);
    const made = graph.nodes.flatMap(({ outputs }) => outputs);
    const values = [...graph.inputs, ...graph.constants.keys(), ...made];
    this.#names = new Set(values.map(({ name }) => name));
    for (const node of graph.nodes) {
      for (const input of node.inputs) {
        this.#readers.set(input, [...(this.#readers.get(input) ?? []), node]);
      }
    }
  }

  folded(): Graph {
    const replaced = new Map<GraphNode, readonly GraphNode[]>();
    for (const node of this.#graph.nodes) {
      const chain = this.#chainOf(node);
      if (chain === undefined) continue;
      for (const gone of [...chain.moves, ...chain.steps]) replaced.set(gone, []);
      replaced.set(node, this.#fold(chain));
    }
    const nodes = this.#graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
    const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...this.#graph.outputs]);
    const constants = new Map([...this.#constants].filter(([value]) => read.has(value)));
    return { ...this.#graph, nodes, constants };
  }

  #chainOf(base: GraphNode): Chain | undefined {
    const axis = channelAxis(base);
    const [, w, bias] = base.inputs;
    const weights = w && this.#graph.constants.get(w)?.array;
    if (axis === undefined || weights?.dtype !== "f32") return undefined;
    if (base.op === "matmul" && weights.shape.length !== 2) return undefined;
    const channels = weights.shape[axis] as number;
    const shift = bias && this.#graph.constants.get(bias)?.array;
    if (bias !== undefined && shift?.data.length !== channels) return undefined;
    let affine: Affine = {
      scale: new Float64Array(channels).fill(1),
      offset: new Float64Array(channels),
    };
    let end = base.outputs[0] as GraphValue;
    let found: Chain | undefined;
    const [moves, steps]: [GraphNode[], GraphNode[]] = [[], []];
    while (!this.#graph.outputs.includes(end)) {
      const [next, ...others] = this.#readers.get(end) ?? [];
      if (next === undefined || others.length > 0) break;
      const result = next.outputs[0] as GraphValue;
      if (MOVES.has(next.op) && result.shape.at(-1) === channels) {
        moves.push(next);
      } else {
        const step = this.#step(next, end, affine);
        if (step === undefined) break;
        affine = step;
        steps.push(next);
        found = { base, moves: [...moves], steps: [...steps], affine: step, end: result };
      }
      end = result;
    }
    return found;
  }

  /** What a node makes of scale · x + offset, if constants of channels alone go into it. */
  #step(node: GraphNode, x: GraphValue, { scale, offset }: Affine): Affine | undefined {
    const [a, b] = node.inputs as [GraphValue, GraphValue | undefined];
    const isFirst = a === x;
    const other = isFirst ? b : a;
    const array = other && this.#graph.constants.get(other)?.array;
    const [result] = node.outputs as [GraphValue];
    if (array?.dtype !== "f32" || !sameDims(result.shape, x.shape)) return undefined;
    const isNumber = array.data.length === 1;
    if (!isNumber && !isRow(array, scale.length)) return undefined;
    const c = (i: number): number => array.data[isNumber ? 0 : i] as number;
    const by = (formula: (v: number, i: number) => number): Affine["scale"] => offset.map(formula);
    if (node.op === "add") return { scale, offset: by((o, i) => o + c(i)) };
    if (node.op === "sub" && isFirst) return { scale, offset: by((o, i) => o - c(i)) };
    if (node.op === "sub") return { scale: scale.map((s) => -s), offset: by((o, i) => c(i) - o) };
    if (node.op === "mul") {
      return { scale: scale.map((s, i) => s * c(i)), offset: by((o, i) => o * c(i)) };
    }
    if (node.op !== "div" || !isFirst) return undefined;
    return { scale: scale.map((s, i) => s / c(i)), offset: by((o, i) => o / c(i)) };
  }

  /** The nodes of a chain, the last of which makes what the chain made. */
  #fold({ base, moves, affine, end }: Chain): GraphNode[] {
    const [x, w, bias] = base.inputs as [GraphValue, GraphValue, GraphValue | undefined];
    const axis = channelAxis(base) as number;
    const { array } = this.#constants.get(w) as GraphConstant;
    const { scale } = affine;
    const inner = array.shape.slice(axis + 1).reduce((n, m) => n * m, 1);
    const data = Float32Array.from(array.data, (value, at) => {
      return value * (scale[Math.floor(at / inner) % scale.length] as number);
    });
    const weights = this.#constant(w.name, { dtype: "f32", shape: array.shape, data });
    const before = bias && (this.#constants.get(bias) as GraphConstant).array.data;
    const offset = Float32Array.from(affine.offset, (o, i) => {
      return o + (scale[i] as number) * (before?.[i] ?? 0);
    });
    const name = bias?.name ?? `${w.name}.offset`;
    const row = this.#constant(name, { dtype: "f32", shape: [offset.length], data: offset });
    const takesBias = base.op !== "convInputGradient";
    const nodes = [{ ...base, inputs: takesBias ? [x, weights, row] : [x, weights] }, ...moves];
    if (!takesBias) {
      const last = (nodes.at(-1) as GraphNode).outputs[0] as GraphValue;
      const { module } = base;
      const facts = { attributes: undefined, others: undefined, module };
      nodes.push({ op: "add", inputs: [last, row], outputs: [end], ...facts });
      return nodes;
    }
    return [...nodes.slice(0, -1), { ...(nodes.at(-1) as GraphNode), outputs: [end] }];
  }

  #constant(word: string, array: HostArray): GraphValue {
    let name = `${word}.folded`;
    for (let i = 1; this.#names.has(name); i++) name = `${word}.folded_${i}`;
    this.#names.add(name);
    const value: GraphValue = { name, dtype: "f32", shape: array.shape as readonly Dim[] };
    this.#constants.set(value, { value, array });
    return value;
  }
}

/** Whether an array has a number for each channel, the last axis, and no other axis. */
function isRow({ shape, data }: HostArray, channels: number): boolean {
  return data.length === channels && shape.at(-1) === channels;
}
