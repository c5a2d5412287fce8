// Where ops enter what they computed. Knows no op; gradient.ts walks the records backwards.

import { isFloat } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Gradient of the loss for one input, given that for the output; null when nothing flows. */
export type Vjp = (dy: Tensor) => Tensor | null;

/** What a tape is to the ops. */
export interface Tape {
  readonly isRecording: boolean;
  /** Whether it records what has no gradient as well: it is after the ops, and not their gradients. */
  readonly takesAll?: boolean;
  watches(tensor: Tensor): boolean;
  /** @param attributes  what else the op was given, in a form of its own. */
  record(
    op: string,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    rule: Rule,
    attributes: unknown,
  ): void;
}

/**
 * Gradients for all inputs at once, given those for the outputs (null: nothing arrives there). Only
 * those that are `wanted`, one flag per input, are looked at.
 */
export type JointVjp = (
  dys: readonly (Tensor | null)[],
  wanted: readonly boolean[],
) => readonly (Tensor | null)[];

/** How an op is differentiated: input by input, or all inputs at once. */
export type Rule = Vjps | JointVjp;

/** One vjp per input; undefined where no gradient is defined. */
export type Vjps = readonly (Vjp | undefined)[];

const open: Tape[] = [];
let pauses = 0;

/** Starts showing ops to a tape; the returned function ends it. */
export function openTape(tape: Tape): () => void {
  open.push(tape);
  return () => void open.splice(open.indexOf(tape), 1);
}

/**
 * Enters an op on every tape that watches one of its inputs. Integer and boolean outputs are
 * constants to a tape.
 *
 * @param vjps  called only for inputs on the way to a source. An op without a gradient passes
 *              undefined: asking for one through it throws.
 */
export function record(
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  vjps: Vjps,
  attributes?: unknown,
): void {
  if (open.length > 0 && pauses === 0) enter(op, inputs, [output], vjps, attributes);
}

/** Enters an op that is a constant to gradients. */
export function recordConstant(
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  attributes?: unknown,
): void {
  if (isTracing()) enter(op, inputs, [output], undefined, attributes);
}

/**
 * Enters an op with several outputs, or one whose input gradients are found together. Called once per
 * backward pass when a gradient arrives at any output.
 */
export function recordJoint(
  op: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  vjp: JointVjp,
  attributes?: unknown,
): void {
  if (open.length > 0 && pauses === 0) enter(op, inputs, outputs, vjp, attributes);
}

function enter(
  op: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  rule: Rule | undefined,
  attributes: unknown,
): void {
  const isConstant = rule === undefined || !outputs.some(({ dtype }) => isFloat(dtype));
  for (const tape of open) {
    if (isConstant && tape.takesAll !== true) continue;
    if (tape.isRecording && inputs.some((input) => tape.watches(input))) {
      tape.record(op, inputs, outputs, rule ?? [], attributes);
    }
  }
}

/** Whether a tape takes all ops. */
export function isTracing(): boolean {
  return pauses === 0 && open.some((tape) => tape.takesAll);
}

/** Whether a tape would record an op on these inputs: a fused vjp then falls back to ops. */
export function isWatched(...inputs: readonly Tensor[]): boolean {
  if (open.length === 0 || pauses > 0) return false;
  return open.some((tape) => tape.isRecording && inputs.some((input) => tape.watches(input)));
}

/** Whether any tape is recording. */
export function isRecording(): boolean {
  return pauses === 0 && open.some((tape) => tape.isRecording);
}

/** Stands in for the open tapes: watches what they watch, and only remembers what was read of it. */
class Probe implements Tape {
  readonly isRecording = true;
  readonly sources: Set<Tensor> = new Set();
  readonly #made = new WeakSet<Tensor>();
  readonly #tapes: readonly Tape[];

  constructor(tapes: readonly Tape[]) {
    this.#tapes = tapes;
  }

  watches(tensor: Tensor): boolean {
    return this.#made.has(tensor) || this.#tapes.some((tape) => tape.watches(tensor));
  }

  record(_op: string, inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
    for (const input of inputs) {
      if (!this.#made.has(input) && this.watches(input)) this.sources.add(input);
    }
    for (const output of outputs) if (isFloat(output.dtype)) this.#made.add(output);
  }
}

/**
 * Runs `body` as under the open tapes, so that its ops take the same ways, but without a record.
 *
 * @returns also the tensors that the tapes watch and `body` read.
 */
export function probed<T>(body: () => T): { value: T; sources: readonly Tensor[] } {
  const tapes = open.splice(0);
  const probe = new Probe(tapes.filter((tape) => tape.isRecording));
  open.push(probe);
  try {
    return { value: body(), sources: [...probe.sources] };
  } finally {
    open.splice(0, open.length, ...tapes);
  }
}

/** Runs `body` without recording on any tape. */
export function untaped<T>(body: () => T): T {
  pauses++;
  try {
    return body();
  } finally {
    pauses--;
  }
}
