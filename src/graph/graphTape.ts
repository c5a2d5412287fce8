// A tape that notes every op with its attributes, constants apart from what depends on the inputs.

import type { Block } from "../gpu/buffers.ts";
import { type Rule, type Tape, openTape } from "../ops/tape.ts";
import { full } from "../ops/creation.ts";
import type { DType } from "../tensor/dtype.ts";
import { currentNameScope } from "../tensor/nameScope.ts";
import { holdForTape } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** What a tape knows of a tensor. */
export interface Noted {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly isInput: boolean;
  /** Whether it depends on no input. */
  readonly isConstant: boolean;
  /** Variables that a constant was made from. */
  readonly variables: ReadonlySet<Variable>;
  /** Where that lies which a constant was made from, and which no op was seen to make. */
  readonly blocks: ReadonlySet<Block>;
  /** A constant's value, once something that is none reads it. */
  kept: Tensor | undefined;
}

/** An op that depends on the inputs. */
export interface NotedOp {
  readonly op: string;
  /** The module that it is of, by its path of names. */
  readonly module: string;
  readonly inputs: readonly Noted[];
  readonly outputs: readonly Noted[];
  readonly attributes: unknown;
}

/** An op in terms of simpler ones. */
export type Lowering = (inputs: readonly Tensor[], outputs: readonly Tensor[]) => readonly Tensor[];

/** The lowering of an op, or undefined for one that stays as it is. */
export type Lower = (op: string, attributes: unknown) => Lowering | undefined;

const NO_VARIABLES: ReadonlySet<Variable> = /* @__PURE__ */ new Set();
const NO_BLOCKS: ReadonlySet<Block> = /* @__PURE__ */ new Set();

/** All that an op reads, numbers and tensors without a gradient among it. */
function operandsOf(inputs: readonly Tensor[], attributes: unknown): readonly Tensor[] {
  const isObject = typeof attributes === "object" && attributes !== null;
  if (!isObject || !("operands" in attributes)) return inputs;
  const { operands } = attributes as { readonly operands: readonly (number | Tensor)[] };
  const { dtype } = inputs[0] as Tensor;
  return operands.map((one) => (typeof one === "number" ? full([], one, dtype) : one));
}

/** Notes ops from its opening to `close`. */
export class GraphTape implements Tape {
  readonly takesAll = true;
  readonly isRecording = true;
  readonly ops: NotedOp[] = [];
  readonly #noted = new Map<Tensor, Noted>();
  readonly #lower: Lower;
  readonly #closers: readonly (() => void)[];

  /** @param inputs  what the graph is a function of. */
  constructor(inputs: readonly Tensor[], lower: Lower) {
    this.#lower = lower;
    for (const input of inputs) this.#enter(input, { isInput: true, isConstant: false });
    this.#closers = [holdForTape(), openTape(this)];
  }

  /** Ends it. */
  close(): void {
    for (const close of this.#closers.toReversed()) close();
  }

  watches(): boolean {
    return true;
  }

  record(
    op: string,
    given: readonly Tensor[],
    outputs: readonly Tensor[],
    _rule: Rule,
    attributes: unknown,
  ): void {
    const inputs = operandsOf(given, attributes);
    const read = inputs.map((input) => this.note(input));
    if (read.every(({ isConstant }) => isConstant)) {
      const variables = new Set(read.flatMap((noted) => [...noted.variables]));
      const blocks = new Set(read.flatMap((noted) => [...noted.blocks]));
      for (const output of outputs) this.#enter(output, { isConstant: true, variables, blocks });
      return;
    }
    const lower = this.#lower(op, attributes);
    if (lower !== undefined) {
      const lowered = lower(inputs, outputs);
      outputs.forEach((output, i) => {
        this.#noted.set(output, this.note(lowered[i] as Tensor));
      });
      return;
    }
    inputs.forEach((input) => this.read(input));
    const made = outputs.map((output) => this.#enter(output, { isConstant: false }));
    const module = currentNameScope().replace(/\/$/, "");
    this.ops.push({ op, module, inputs: read, outputs: made, attributes });
  }

  /** What is known of a tensor, which is a leaf if nothing is. */
  note(tensor: Tensor): Noted {
    const known = this.#noted.get(tensor);
    if (known !== undefined) return known;
    const isVariable = tensor instanceof Variable;
    const variables = isVariable ? new Set([tensor]) : NO_VARIABLES;
    const blocks = new Set([tensor.storage.block]);
    return this.#enter(tensor, { isConstant: true, variables, blocks });
  }

  /** The same, and keeps its value if it is a constant. */
  read(tensor: Tensor): Noted {
    const noted = this.note(tensor);
    if (noted.isConstant) {
      noted.kept ??= Tensor.view(tensor, tensor.shape, tensor.strides, tensor.offset);
    }
    return noted;
  }

  #enter(tensor: Tensor, facts: Partial<Noted>): Noted {
    const { shape, dtype } = tensor;
    const none = { isInput: false, isConstant: false, variables: NO_VARIABLES, blocks: NO_BLOCKS };
    const noted = { shape, dtype, ...none, kept: undefined, ...facts };
    this.#noted.set(tensor, noted);
    return noted;
  }
}
