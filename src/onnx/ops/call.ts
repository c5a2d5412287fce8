// A node of an ONNX graph with its inputs at hand: what the entries of the table of ops are given.

import { UsageError } from "../../errors.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "../model.ts";
import type { Tensor } from "./library.ts";
import { type HostValue, type Value, hostValueOf } from "./value.ts";

/** What an entry of the table returns: the only output, or all of them. */
export type Result = Tensor | readonly (Tensor | undefined)[];

/** An entry of the table. */
export type Run = (call: Call) => Result;

export class Call {
  readonly node: OnnxNode;
  /** Version of the op set. */
  readonly opset: number;
  readonly #inputs: readonly (Value | undefined)[];

  constructor(node: OnnxNode, opset: number, inputs: readonly (Value | undefined)[]) {
    this.node = node;
    this.opset = opset;
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

  /** Input i. */
  input(i = 0): Value {
    const input = this.#inputs[i];
    if (input !== undefined) return input;
    const got = `none in the node "${this.node.name}"`;
    throw new UsageError("importOnnx", `${this.node.op} must have input ${i}`, { got });
  }

  /** Input i on the GPU. */
  x(i = 0): Tensor {
    return this.input(i).tensor;
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
  numbers(i: number, attribute?: string): number[] | undefined {
    const input = this.#inputs[i];
    if (input !== undefined)
      return input.numbers(`input ${i} of ${this.node.op} "${this.node.name}"`);
    return attribute === undefined ? undefined : this.list(attribute);
  }

  /** The only element of input i. */
  number(i: number, attribute?: string): number | undefined {
    return this.numbers(i, attribute)?.[0];
  }

  hasAttribute(name: string): boolean {
    return Object.hasOwn(this.node.attributes, name);
  }

  #attribute(name: string, ...kinds: OnnxAttribute["kind"][]): unknown {
    const given = this.hasAttribute(name) ? this.node.attributes[name] : undefined;
    if (given === undefined || kinds.includes(given.kind)) return given?.value;
    const rule = `the attribute ${name} of ${this.node.op} must be of the kind ${kinds.join(" or ")}`;
    throw new UsageError("importOnnx", rule, { got: given.kind });
  }

  /** A number among the attributes. */
  attr(name: string, otherwise: number): number {
    return (this.#attribute(name, "int", "float") as number | undefined) ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.attr(name, otherwise ? 1 : 0) !== 0;
  }

  text(name: string, otherwise = ""): string {
    return (this.#attribute(name, "string") as string | undefined) ?? otherwise;
  }

  list(name: string): number[] | undefined {
    const given = this.#attribute(name, "int", "float", "ints", "floats");
    if (given === undefined) return undefined;
    return typeof given === "number" ? [given] : [...(given as number[])];
  }

  value(name: string): HostValue | undefined {
    const given = this.#attribute(name, "tensor");
    return given === undefined ? undefined : hostValueOf(given as OnnxTensor);
  }
}
