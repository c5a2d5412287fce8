// Differentiation: the gradient tape, and grad and valueAndGrad over it.

import { DtypeError, ShapeError, UsageError, shapeText } from "../errors.ts";
import { isFloat } from "../tensor/dtype.ts";
import { holdForTape, scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { add } from "./binary.ts";
import { ones } from "./creation.ts";
import { type Tape, type Rule, openTape, recordJoint, untaped } from "./tape.ts";

interface Entry {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly rule: Rule;
  /** Versions of the inputs that are variables, to notice a change before the backward pass. */
  readonly versions: readonly number[];
}

/** Options of a tape. */
export interface TapeOptions {
  /** Keep the records after gradient(), so that it can be called again. Default false. */
  readonly persistent?: boolean;
}

/**
 * Records the operations on watched tensors and differentiates through them. Trainable variables
 * are watched by themselves. Tapes nest: gradients computed under an outer tape are recorded there.
 *
 *     using tape = new GradientTape();
 *     const loss = crossEntropy(model(x), labels);
 *     const grads = tape.gradient(loss, model.trainableVariables);
 */
export class GradientTape implements Tape {
  readonly #persistent: boolean;
  readonly #watched = new Set<Tensor>();
  readonly #close: () => void;
  readonly #release: () => void;
  #entries: Entry[] | undefined = [];
  isRecording = true;

  constructor(options: TapeOptions = {}) {
    this.#persistent = options.persistent ?? false;
    this.#close = openTape(this);
    this.#release = holdForTape();
  }

  /** Makes tensors that are not trainable variables sources of gradients. */
  watch(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      if (!isFloat(tensor.dtype)) {
        const got = `${tensor}`;
        throw new UsageError("GradientTape.watch", "only f32 and f16 tensors have gradients", {
          got,
        });
      }
      this.#watched.add(tensor);
    }
  }

  watches(tensor: Tensor): boolean {
    return (tensor instanceof Variable && tensor.trainable) || this.#watched.has(tensor);
  }

  record(op: string, inputs: readonly Tensor[], outputs: readonly Tensor[], rule: Rule): void {
    const versions = inputs.map((input) => (input instanceof Variable ? input.version : 0));
    this.#entries?.push({ op, inputs, outputs, rule, versions });
    for (const output of outputs) if (isFloat(output.dtype)) this.#watched.add(output);
  }

  /**
   * Gradients of `target` for each source; null where target does not depend on it.
   *
   * @param target  scalar, unless `dy` is given. Of a list the gradients are added up.
   * @param dy      gradient that arrives at target, of its shape; a list for a list. Default 1.
   * @throws {UsageError} after a first call on a tape that is not persistent, through an op
   *                      without a gradient, or if a variable was changed in between.
   */
  gradient(
    target: Tensor | readonly Tensor[],
    sources: readonly Tensor[],
    dy?: Tensor | readonly Tensor[],
  ): (Tensor | null)[] {
    const entries = this.#entries;
    if (entries === undefined) {
      throw new UsageError("GradientTape.gradient", "the tape's records were already used", {
        remedy: "Pass { persistent: true } to call gradient() more than once.",
      });
    }
    const dys = dy === undefined || dy instanceof Tensor ? [dy] : dy;
    const targets = (target instanceof Tensor ? [target] : target).map((one, i) => {
      requireArrival(one, dys[i]);
      return { target: one, dy: dys[i] };
    });
    const wasRecording = this.isRecording;
    this.isRecording = false;
    try {
      return scope(() => {
        const arrivals = targets.map(({ target: one, dy: arriving }) => {
          return [one, arriving ?? ones(one.shape, one.dtype)] as const;
        });
        return walkBack(entries, arrivals, sources);
      });
    } finally {
      this.isRecording = wasRecording;
      if (!this.#persistent) this.dispose();
    }
  }

  /** Stops recording for good and lets go of what the records hold. Safe to call twice. */
  dispose(): void {
    if (this.#entries === undefined) return;
    this.#entries = undefined;
    this.isRecording = false;
    this.#watched.clear();
    this.#close();
    this.#release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** @throws {ShapeError, DtypeError} unless `dy` can arrive at `target`. */
function requireArrival(target: Tensor, dy: Tensor | undefined): void {
  if (dy === undefined ? target.size !== 1 : !sameShape(dy.shape, target.shape)) {
    throw new ShapeError("GradientTape.gradient", "the target must be scalar, or dy of its shape", {
      got: `target ${shapeText(target.shape)}${dy ? ` and dy ${shapeText(dy.shape)}` : ""}`,
      remedy: "Reduce the target with mean() or sum(), or pass dy.",
    });
  }
  if (dy !== undefined && dy.dtype !== target.dtype) {
    throw new DtypeError("GradientTape.gradient", "dy must have the dtype of the target", {
      got: `target ${target} and dy ${dy}`,
      remedy: `Cast it: dy.cast("${target.dtype}").`,
    });
  }
}

/** Reverse accumulation over the entries that lie between the sources and the targets. */
function walkBack(
  entries: readonly Entry[],
  arrivals: readonly (readonly [Tensor, Tensor])[],
  sources: readonly Tensor[],
): (Tensor | null)[] {
  const onPath = new Set<Tensor>(sources);
  for (const { inputs, outputs } of entries) {
    if (!inputs.some((input) => onPath.has(input))) continue;
    for (const output of outputs) if (isFloat(output.dtype)) onPath.add(output);
  }
  const gradients = new Map<Tensor, Tensor>();
  for (const [target, dy] of arrivals) {
    const before = gradients.get(target);
    gradients.set(target, before === undefined ? dy : add(before, dy));
  }
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i] as Entry;
    const arriving = entry.outputs.map((output) => {
      return onPath.has(output) ? (gradients.get(output) ?? null) : null;
    });
    if (arriving.every((dy) => dy === null)) continue;
    requireFresh(entry);
    const { rule } = entry;
    const wanted = entry.inputs.map((input) => onPath.has(input));
    const flows = typeof rule === "function" ? rule(arriving, wanted) : undefined;
    entry.inputs.forEach((input, k) => {
      if (wanted[k] !== true) return;
      const gradient = flows === undefined ? pull(entry, k, arriving[0] as Tensor) : flows[k];
      if (gradient === null || gradient === undefined) return;
      const before = gradients.get(input);
      gradients.set(input, before === undefined ? gradient : add(before, gradient));
    });
  }
  return sources.map((source) => gradients.get(source) ?? null);
}

function pull({ op, rule }: Entry, k: number, dy: Tensor): Tensor | null {
  const vjp = typeof rule === "function" ? undefined : rule[k];
  if (vjp !== undefined) return vjp(dy);
  throw new UsageError(op, `it has no gradient for its input ${k}`, {
    remedy: "Pass that input through stopGradient(), or give the op one with customGradient().",
  });
}

/** @throws {UsageError} if a variable that the op read has another value now. */
function requireFresh({ op, inputs, versions }: Entry): void {
  const stale = inputs.findIndex((x, j) => x instanceof Variable && x.version !== versions[j]);
  if (stale < 0) return;
  throw new UsageError(op, "a variable was changed between the forward and the backward pass", {
    got: `${inputs[stale]}`,
    remedy: "Take gradients first, then assign or apply the optimizer.",
  });
}

/** Variables to differentiate for: a list, anything with `trainableVariables`, or a late list. */
export type VariableSource<V extends Tensor = Variable> =
  readonly V[] | { readonly trainableVariables: readonly V[] } | (() => readonly V[]);

/** The list behind a source. A module that builds itself at its first call is read after it. */
export function listVariables<V extends Tensor>(source: VariableSource<V>): readonly V[] {
  if (Array.isArray(source)) return source as readonly V[];
  if ("trainableVariables" in source) return source.trainableVariables;
  return (source as () => readonly V[])();
}

/** A value with its gradients. */
export interface ValueAndGrads {
  readonly value: Tensor;
  /** In the order of the sources; null for those the value does not depend on. */
  readonly grads: (Tensor | null)[];
}

/**
 * Runs `loss` and differentiates it.
 *
 * @param loss     returns a scalar.
 * @param sources  tensors or variables; a module, or a function that is called after `loss`, for
 *                 variables that the first call makes.
 */
export function valueAndGrad(loss: () => Tensor, sources: VariableSource<Tensor>): ValueAndGrads {
  return scope(() => {
    // Not by `using`, for which bundles would carry a polyfill.
    const tape = new GradientTape();
    try {
      if (Array.isArray(sources)) tape.watch(...(sources as Tensor[]));
      const value = loss();
      return { value, grads: tape.gradient(value, listVariables(sources)) };
    } finally {
      tape.dispose();
    }
  });
}

/** Gradients of a scalar function for tensors or variables; see `valueAndGrad`. */
export function grad(loss: () => Tensor, sources: VariableSource<Tensor>): (Tensor | null)[] {
  return scope(() => valueAndGrad(loss, sources).grads);
}

/**
 * `forward(...inputs)` with a gradient of your own.
 *
 * @param forward   runs unrecorded.
 * @param backward  from the gradient for the output to one per input (null for none). Its ops are
 *                  recorded by outer tapes, so it can be differentiated again.
 */
export function customGradient(
  inputs: readonly Tensor[],
  forward: (...inputs: Tensor[]) => Tensor,
  backward: (dy: Tensor, output: Tensor) => readonly (Tensor | null)[],
): Tensor {
  const output = untaped(() => forward(...inputs));
  recordJoint(
    "customGradient",
    inputs,
    [output],
    ([dy]) => backward(dy as Tensor, output),
    forward,
  );
  return output;
}
