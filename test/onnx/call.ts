// A node of an ONNX graph with its inputs at hand: what the entries of the op map are given.

import type { Tensor } from "../../src/index.ts";
import { type PlainTensor, Value, notMapped } from "./value.ts";

/** A node, as the decoder gives it. */
export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** What an entry of the op map returns: the only output, or all of them. */
export type Result = Tensor | readonly (Tensor | undefined)[];

/** An entry of the op map. */
export type Run = (call: Call) => Result | Promise<Result>;

export class Call {
  readonly node: Node;
  readonly #inputs: readonly (Value | undefined)[];

  constructor(node: Node, inputs: readonly (Value | undefined)[]) {
    this.node = node;
    this.#inputs = inputs;
  }

  /** Number of inputs, those left out at the end aside. */
  get count(): number {
    return this.#inputs.length;
  }

  /** All inputs. */
  get all(): Tensor[] {
    return this.#inputs.map((_, i) => this.x(i));
  }

  has(i: number): boolean {
    return this.#inputs[i] !== undefined;
  }

  /** Input i on the GPU. */
  x(i = 0): Tensor {
    return this.#inputs[i]?.tensor ?? notMapped(`${this.node.op} without input ${i}`);
  }

  /** Input i, where it is given. */
  maybe(i: number): Tensor | undefined {
    return this.#inputs[i]?.tensor;
  }

  /** Element type of input i in the format. */
  type(i = 0): string {
    return this.#inputs[i]?.type ?? "undefined";
  }

  /** Elements of input i on the host, or the attribute that older versions of the op had for it. */
  async numbers(i: number, attribute?: string): Promise<number[] | undefined> {
    const input = this.#inputs[i];
    if (input !== undefined) return input.numbers();
    return attribute === undefined ? undefined : this.list(attribute);
  }

  /** The only element of input i. */
  async number(i: number): Promise<number | undefined> {
    return (await this.numbers(i))?.[0];
  }

  /** A number among the attributes. */
  attr(name: string, otherwise: number): number {
    return (this.node.attrs[name] as number | undefined) ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.attr(name, otherwise ? 1 : 0) !== 0;
  }

  text(name: string, otherwise = ""): string {
    return (this.node.attrs[name] as string | undefined) ?? otherwise;
  }

  list(name: string): number[] | undefined {
    const given = this.node.attrs[name] as number[] | number | undefined;
    return typeof given === "number" ? [given] : given && [...given];
  }

  value(name: string): Value | undefined {
    const given = this.node.attrs[name] as PlainTensor | undefined;
    return given && new Value(given);
  }
}
