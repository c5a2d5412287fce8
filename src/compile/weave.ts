// WGSL for a chain of elementwise operations: what it binds, the words of its params, its text.

import type { Block } from "../gpu/buffers.ts";
import type { Access, Scalar } from "../gpu/joints.ts";
import type { ParamValue } from "../gpu/params.ts";
import type { ShaderBinding, ShaderParam } from "../gpu/shaderSource.ts";
import { inFours } from "../tensor/shape.ts";
import type { ElementOp, Operand } from "./elementOp.ts";
import { overlaps } from "./graph.ts";

/** Storage buffers that every WebGPU device can bind at once. */
const MAX_BINDINGS = 8;

/** What a chain is written into. */
export interface Place {
  readonly lanes: 1 | 4;
  /** Storage bindings that come before the chain's. */
  readonly bindings: number;
  /** Where the chain's words start in the params, and where they must end, in bytes. */
  readonly from: number;
  readonly to: number;
  /** The value the chain starts from, if any, of which block it is, and what is bound already. */
  readonly given?: { readonly block: Block | undefined; readonly others: readonly Bound[] };
}

/** A block as a kernel binds it. */
export interface Bound {
  readonly block: Block;
  readonly isWritten: boolean;
}

interface Slot extends Bound {
  readonly name: string;
  readonly scalar: Scalar;
  isWritten: boolean;
}

/** A chain as part of a kernel. */
export interface Woven {
  /** Declarations: bindings and functions. */
  readonly text: string;
  /**
   * Statements that compute the values v0, v1 … at element `at`, which begins vector number `i`,
   * then store them. Without vectors the two are the same.
   */
  readonly body: string;
  readonly blocks: readonly Block[];
  readonly bindings: readonly ShaderBinding[];
  readonly params: readonly ShaderParam[];
  readonly values: readonly ParamValue[];
  /** The name of the value that `returned` asked for. */
  readonly result: string;
}

/** What to write. */
export interface Chain {
  /** In an order that respects their dependencies. */
  readonly ops: readonly ElementOp[];
  /** Whether each op's result is stored. */
  readonly isStored: readonly boolean[];
  /** Index of the op whose value is the body's result; −1 for the given one. */
  readonly returned: number;
}

const isAligned = (access: Access): boolean => {
  if (access.kind === "flat") return access.offset % 4 === 0;
  return access.kind !== "row" || (access.offset % 4 === 0 && access.period % 4 === 0);
};

/** Whether one dispatch cannot bind both: a buffer is either read, or its parts are written apart. */
function clash(a: Bound, b: Bound): boolean {
  if (a.block.root !== b.block.root || !(a.isWritten || b.isWritten)) return false;
  return a.isWritten !== b.isWritten || overlaps(a.block, b.block);
}

type Strided = Extract<Access, { kind: "strided" }>;

/** Whether vectors of four can be computed at once: all that is not stored one by one lies in fours. */
export function fitsVectors(ops: readonly ElementOp[]): boolean {
  return ops.every(({ operands, place }) => {
    return (
      operands.every(({ access }) => isAligned(access)) && place.kind === "flat" && isAligned(place)
    );
  });
}

/** Undefined if the chain does not fit: too many buffers or words, or one buffer read and written. */
export function weave(chain: Chain, place: Place): Woven | undefined {
  const weaver = new Weaver(chain, place);
  return weaver.isPossible ? weaver.woven() : undefined;
}

class Weaver {
  readonly #chain: Chain;
  readonly #place: Place;
  readonly #slots: Slot[] = [];
  readonly #functions = new Map<string, string>();
  readonly #params: ShaderParam[] = [];
  readonly #values: ParamValue[] = [];
  readonly #lines: string[] = [];
  isPossible = true;

  constructor(chain: Chain, place: Place) {
    this.#chain = chain;
    this.#place = place;
    this.#compute();
    this.#check();
  }

  woven(): Woven {
    const slots = this.#slots;
    const bindings = slots.map(({ isWritten }): ShaderBinding => {
      return { access: isWritten ? "read_write" : "read" };
    });
    const declared = slots.map(({ name, scalar }, i) => {
      const place = `@group(0) @binding(${this.#place.bindings + i})`;
      return `${place} var<storage, ${bindings[i]?.access}> ${name}: array<${this.#wide(scalar)}>;`;
    });
    const { returned } = this.#chain;
    return {
      text: [...declared, ...this.#functions.values()].join("\n"),
      body: this.#lines.join("\n"),
      blocks: slots.map(({ block }) => block),
      bindings,
      params: this.#params,
      values: this.#values,
      result: returned < 0 ? "v" : `v${returned}`,
    };
  }

  #compute(): void {
    const { ops, isStored, returned } = this.#chain;
    const known = new Map<Block | undefined, string>();
    const start = this.#place.given?.block;
    known.set(start, "v");
    ops.forEach((op, i) => {
      const given = op.operands.map((operand) => {
        const value = operand.block && known.get(operand.block);
        return value ?? this.#load(operand);
      });
      this.#lines.push(`  let v${i} = ${this.#function(op, i)}(${given.join(", ")});`);
      known.set(op.target, `v${i}`);
    });
    ops.forEach((op, i) => {
      // A host that comes last stores nothing of the chain.
      if (isStored[i] !== true || (i === returned && start !== undefined)) return;
      const slot = this.#slot(op.target, op.facts.result);
      slot.isWritten = true;
      this.#lines.push(`  ${slot.name}[${this.#index(op.place)}] = v${i};`);
    });
  }

  #check(): void {
    const { given, bindings, to } = this.#place;
    const { returned, ops } = this.#chain;
    const all: Bound[] = [...this.#slots, ...(given?.others ?? [])];
    if (given?.block !== undefined) {
      all.push({ block: ops[returned]?.target ?? given.block, isWritten: true });
    }
    this.isPossible &&=
      !all.some((one, i) => all.some((other, k) => i !== k && clash(one, other))) &&
      bindings + this.#slots.length <= MAX_BINDINGS &&
      (this.#params.at(-1)?.offset ?? 0) < to;
  }

  #wide(scalar: Scalar): string {
    return this.#place.lanes === 1 ? scalar : `vec4<${scalar}>`;
  }

  #slot(block: Block, scalar: Scalar): Slot {
    let slot = this.#slots.find((one) => one.block === block);
    if (slot === undefined) {
      slot = { block, scalar, isWritten: false, name: `s${this.#slots.length}` };
      this.#slots.push(slot);
    }
    this.isPossible &&= slot.scalar === scalar;
    return slot;
  }

  /** An expression for a word of the params. */
  #word(value: ParamValue, type: "u32" | "f32"): string {
    const known = this.#values.findIndex((one, k) => {
      return Object.is(one, value) && this.#params[k]?.type === type;
    });
    const i = known < 0 ? this.#values.push(value) - 1 : known;
    if (known < 0) this.#params.push({ type, offset: this.#place.from + 4 * i });
    const word = `params.words[${i >> 2}].${"xyzw"[i & 3]}`;
    return type === "f32" ? `bitcast<f32>(${word})` : word;
  }

  #plus(offset: number): string {
    return offset === 0 ? "" : ` + ${this.#word(offset >>> 0, "u32")}`;
  }

  #load({ scalar, access, block }: Operand): string {
    const type = this.#wide(scalar);
    if (access.kind === "number")
      return `${type}(bitcast<${scalar}>(${this.#word(access.word, "u32")}))`;
    const slot = this.#slot(block as Block, scalar);
    if (access.kind === "one")
      return `${type}(${this.#element(slot, this.#word(access.offset, "u32"))})`;
    if (access.kind !== "strided" || this.#place.lanes === 1)
      return `${slot.name}[${this.#index(access)}]`;
    const { shape, strides, offset } = access;
    if (inFours(shape, [strides], [offset]) !== undefined)
      return `${slot.name}[${this.#walk(access)}(at) / 4u]`;
    const walk = this.#walk(access);
    const lanes = [0, 1, 2, 3].map((k) => this.#element(slot, `${walk}(at + ${k}u)`));
    return `${type}(${lanes.join(", ")})`;
  }

  /** One element, of a binding of vectors too. */
  #element({ name, scalar }: Slot, at: string): string {
    if (this.#place.lanes === 1) return `${name}[${at}]`;
    const body = `return ${name}[i / 4u][i % 4u];`;
    this.#functions.set(name, `fn element_${name}(i: u32) -> ${scalar} { ${body} }`);
    return `element_${name}(${at})`;
  }

  /** Where vector number `i` (or element `i`) lies in a binding. */
  #index(access: Access): string {
    const { lanes } = this.#place;
    if (access.kind === "flat") return `i${this.#plus(access.offset / lanes)}`;
    if (access.kind === "row") {
      const period = access.period / lanes;
      // A division per thread costs as much as a number from memory on software adapters.
      const isPower = (period & (period - 1)) === 0;
      const place = isPower
        ? `(i & ${this.#word(period - 1, "u32")})`
        : `i % ${this.#word(period, "u32")}`;
      return `${place}${this.#plus(access.offset / lanes)}`;
    }
    return access.kind === "strided" ? `${this.#walk(access)}(at)` : this.#word(0, "u32");
  }

  /** A function from an element to its place in a view. Strides may be negative: u32 wraps around. */
  #walk({ offset, shape, strides }: Strided): string {
    const name = `place${this.#functions.size}`;
    const lines = shape.map((_, k) => {
      const axis = shape.length - 1 - k;
      const stride = this.#word((strides[axis] as number) >>> 0, "u32");
      if (axis === 0) return `  return i + rest * ${stride};`;
      const length = this.#word(shape[axis] as number, "u32");
      return `  i += (rest % ${length}) * ${stride};\n  rest /= ${length};`;
    });
    const start = [`fn ${name}(at: u32) -> u32 {`, "  var rest = at;"];
    start.push(`  var i = ${this.#word(offset >>> 0, "u32")};`);
    this.#functions.set(name, [...start, ...lines, "}"].join("\n"));
    return name;
  }

  #function({ facts, numbers }: ElementOp, i: number): string {
    const first = facts.operands[0]?.scalar ?? facts.result;
    const named = this.#helpers(facts.helpers ?? "", first);
    let body = this.#typed(facts.expression, first, facts.result);
    for (const [name, renamed] of named)
      body = body.replaceAll(new RegExp(`\\b${name}\\b`, "g"), renamed);
    ["p", "q"].forEach((name, k) => {
      const use = new RegExp(`\\bparams\\.${name}\\b`, "g");
      if (use.test(body)) body = body.replaceAll(use, this.#word(numbers[k] ?? 0, "f32"));
    });
    const operands = facts.operands.map(({ name, scalar }) => `${name}: ${this.#wide(scalar)}`);
    const head = `(${operands.join(", ")}) -> ${this.#wide(facts.result)}`;
    this.#functions.set(`op${i}`, `fn op${i}${head} { return ${body}; }`);
    return `op${i}`;
  }

  /** Declares helper functions for one type, under names that meet no others; returns the names. */
  #helpers(text: string, scalar: Scalar): [string, string][] {
    const declarations = text.split(/\n(?=fn |const )/).filter((one) => one !== "");
    const names = declarations.map((one) => /^(?:fn|const)\s+(\w+)/.exec(one)?.[1] as string);
    const renamed = names.map((name): [string, string] => [name, `${name}_${scalar}`]);
    declarations.forEach((declaration, i) => {
      const key = (renamed[i] as [string, string])[1];
      if (this.#functions.has(key)) return;
      let typed = this.#typed(declaration, scalar, scalar);
      for (const [from, to] of renamed)
        typed = typed.replaceAll(new RegExp(`\\b${from}\\b`, "g"), to);
      this.#functions.set(key, typed);
    });
    return renamed;
  }

  /** The text with its type aliases written out. */
  #typed(text: string, scalar: Scalar, result: Scalar): string {
    return text
      .replaceAll(/\bA\b/g, this.#wide(scalar))
      .replaceAll(/\bLane\b/g, scalar)
      .replaceAll(/\bOut\b/g, this.#wide(result))
      .replaceAll(/\bWord\b/g, this.#wide("u32"));
  }
}
