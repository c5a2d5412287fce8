// What optimizers share: checks, arenas, the step counter, and minimize.

import { DtypeError, UsageError, shapeText } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { Kernel } from "../gpu/kernel.ts";
import { cast } from "../ops/cast.ts";
import { fillBlock, ones, zeros } from "../ops/creation.ts";
import { gridOf } from "../ops/dispatch.ts";
import { dense } from "../ops/elementwise.ts";
import { type VariableSource, listVariables, valueAndGrad } from "../ops/gradient.ts";
import { decayed } from "../shaders/decayed.ts";
import { tick } from "../shaders/tick.ts";
import { update } from "../shaders/update.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { Arena, layoutOf } from "./arena.ts";
import { clipByValue } from "./clipping.ts";

/** An update rule as WGSL, over vectors of four. */
export interface UpdateRule {
  readonly name: string;
  /**
   * `fn update(i: u32, g: vec4<f32>)` over p, the slots s, t and r, the hyperparameters params.h and
   * params.k, and state[0]. It may call `decayed(log β, t)`, which is 1 − βᵗ.
   */
  readonly wgsl: string;
  /** Names of the slots the rule keeps per parameter, at most three: s, t, r. */
  readonly slots: readonly string[];
  /** What the slots start at. Default 0 each. */
  readonly initial?: readonly number[];
  /** The rule applies params.weightDecay by itself; otherwise g comes with weightDecay · p in it. */
  readonly isDecoupled?: boolean;
  /** The rule leaves its step in r, for `finish` to take. */
  readonly isLate?: boolean;
}

/** What every optimizer can do with a gradient before its own rule. */
export interface OptimizerOptions {
  /** λ: λ·p is added to the gradient, the derivative of ½ λ ‖p‖². Default 0. */
  readonly weightDecay?: number;
  /** Scales all gradients down to this Euclidean norm, taken over all of them. Default: none. */
  readonly clipGlobalNorm?: number;
  /** Limits each element of the gradients to ± this. Default: none. */
  readonly clipValue?: number;
}

/** What an optimizer needs of a gradient of some rows: `SparseGradient`, which only those load that use it. */
export interface RowGradient {
  denseFor(parameter: Variable): Tensor;
  rowsBefore(variables: readonly Variable[]): () => void;
}

/** A parameter's gradient as optimizers take it. */
export type Gradient = (Tensor & Partial<RowGradient>) | RowGradient | null;

/** Kernel of an update rule. */
export function updateKernel(rule: UpdateRule): Kernel {
  const decay = `const L2 = ${rule.isDecoupled !== true};`;
  const late = `const LATE = ${rule.isLate === true};`;
  const prelude = [decay, late, rule.wgsl.includes("decayed(") ? decayed : "", rule.wgsl].join(
    "\n",
  );
  return new Kernel({ shader: update, prelude, variant: rule.name });
}

/** Counts a step. */
export const ticking: Kernel = /* @__PURE__ */ new Kernel({ shader: tick });

/** Everything an optimizer keeps, made at the first apply. */
interface Arenas {
  readonly variables: readonly Variable[];
  readonly parameters: Arena;
  readonly gradients: Arena;
  readonly slots: readonly Arena[];
  readonly slotVariables: readonly (readonly Variable[])[];
}

/**
 * Base of the optimizers. The parameters of the first `apply` move into one flat arena, where they
 * stay; their gradients and slots are laid out alike, so a step is one update dispatch.
 */
export abstract class Optimizer {
  readonly #rule: UpdateRule;
  readonly #kernel: Kernel;
  /** Steps taken, on the GPU: f32 scalar. */
  readonly step: Variable;
  /** λ of the weight decay. */
  weightDecay: number;
  readonly clipGlobalNorm: number | undefined;
  readonly clipValue: number | undefined;
  #arenas: Arenas | undefined;

  protected constructor(rule: UpdateRule, options: OptimizerOptions = {}) {
    this.#rule = rule;
    this.weightDecay = options.weightDecay ?? 0;
    this.clipGlobalNorm = options.clipGlobalNorm;
    this.clipValue = options.clipValue;
    this.#kernel = updateKernel(rule);
    const counter = { name: `${rule.name}/step`, trainable: false };
    this.step = scope(() => new Variable(zeros([]), counter));
  }

  /** The numbers of params.h and params.k, at most eight, read at every step. */
  protected abstract hyperparameters(): readonly number[];

  /**
   * What is left to do after the update, for parameters that have a gradient. A compiled step takes numbers of
   * the optimizer as they were when it was recorded; those that may change come from `lateScalar`.
   */
  protected finish?(parameter: Variable, slots: readonly Variable[]): void;

  /** Slots by name, each with one variable per parameter; empty before the first step. */
  get slots(): Readonly<Record<string, readonly Variable[]>> {
    const made = this.#arenas?.slotVariables ?? [];
    return Object.fromEntries(made.map((list, i) => [this.#rule.slots[i] as string, list]));
  }

  /** Everything that training goes on from: the step and the slots. */
  get variables(): readonly Variable[] {
    return [this.step, ...(this.#arenas?.slotVariables ?? []).flat()];
  }

  /** Makes slots for `parameters` now rather than at the first apply, for restoring them. */
  prepare(parameters: readonly Variable[]): void {
    if (this.#arenas?.parameters.isLost === true) this.#arenas = undefined;
    this.#arenas ??= device().recorder.outsideTrace(() => this.#makeArenas(parameters));
  }

  /** Frees what it keeps, for good; parameters stay where they are, until they are disposed of. */
  dispose(): void {
    this.step.dispose();
    const arenas = this.#arenas;
    if (arenas === undefined) return;
    this.#arenas = undefined;
    for (const variable of arenas.slotVariables.flat()) variable.dispose();
    for (const { storage } of [arenas.parameters, arenas.gradients, ...arenas.slots]) {
      storage.release();
    }
  }

  /**
   * One step: parameters move against their gradients. A null gradient leaves its parameter and
   * slots alone, a `SparseGradient` all rows but its own.
   *
   * @param loss  scalar whose gradients these are, if it shall be looked at: where it is NaN or infinite,
   *              nothing changes and the step does not count.
   * @throws {UsageError} if the lists do not match, are empty, or every gradient is null.
   */
  apply(updates: readonly Gradient[], parameters: readonly Variable[], loss?: Tensor): void {
    const gradients = updates.map((update, i) => {
      return update?.denseFor?.(parameters[i] as Variable) ?? update;
    }) as readonly (Tensor | null)[];
    check(this.#rule.name, gradients, parameters);
    this.prepare(parameters);
    const arenas = this.#arenas as Arenas;
    if (arenas.variables.some((variable, i) => variable !== parameters[i])) {
      throw new UsageError(
        this.#rule.name,
        "an optimizer must get the same parameters every time",
        {
          got: `${parameters.length} parameters, other than the ${arenas.variables.length} before`,
          remedy: "Make one optimizer per list of parameters.",
        },
      );
    }
    scope(() => {
      this.#tick(loss ?? ones([]));
      this.#pack(arenas.gradients, gradients);
      const keepRows = updates.map((update, i) => {
        return update?.rowsBefore?.([
          parameters[i] as Variable,
          ...arenas.slotVariables.map((list) => list[i] as Variable),
        ]);
      });
      for (const variable of parameters) variable.writableBlock();
      for (const [start, end] of runs(gradients)) this.#update(arenas, start, end);
      parameters.forEach((parameter, i) => {
        if (gradients[i] === null) return;
        const slots = arenas.slotVariables.map((list) => list[i] as Variable);
        this.finish?.(parameter, slots);
      });
      for (const keep of keepRows) keep?.();
    });
  }

  /**
   * Runs `loss`, differentiates it and takes a step. Returns the loss before the step.
   * A loss that is NaN or infinite changes nothing.
   */
  minimize(loss: () => Tensor, parameters: VariableSource): Tensor {
    return scope(() => {
      const { value, grads } = valueAndGrad(loss, parameters as VariableSource<Tensor>);
      this.apply(grads, listVariables(parameters), value);
      return value;
    });
  }

  /** Counts the step if the loss is finite; the update then knows whether to do anything. */
  #tick(loss: Tensor): void {
    const { block, offset } = dense(cast(loss, "f32"));
    device().dispatch(ticking, [block, this.step.writableBlock()], [offset], 1);
  }

  /** Brings clipped gradients into their arena, where all together are scaled in three passes. */
  #pack(arena: Arena, gradients: readonly (Tensor | null)[]): void {
    const { clipValue, clipGlobalNorm } = this;
    const limited = clipValue === undefined ? gradients : clipByValue(gradients, clipValue);
    // Slices without a gradient hold an earlier one's, which must not count.
    const isStale = clipGlobalNorm !== undefined && limited.includes(null);
    if (isStale) fillBlock(arena.block, arena.layout.total / 4, 0);
    arena.pack(limited);
    if (clipGlobalNorm !== undefined) arena.limitNorm(clipGlobalNorm);
  }

  #makeArenas(variables: readonly Variable[]): Arenas {
    const layout = layoutOf(variables.map((variable) => variable.shape));
    const parameters = new Arena(layout, "variable");
    parameters.adopt(variables);
    const gradients = new Arena(layout, "optimizer");
    fillBlock(gradients.block, layout.total / 4, 0);
    const slots = this.#rule.slots.map((_, k) => {
      const slot = new Arena(layout, "optimizer");
      fillBlock(slot.block, layout.total / 4, this.#rule.initial?.[k] ?? 0);
      return slot;
    });
    const slotVariables = slots.map((slot, k) => {
      return variables.map((variable, i) => {
        const name = `${this.#rule.name}/${this.#rule.slots[k]}/${variable.name}`;
        return Variable.over(slot.slice(i), variable.shape, name);
      });
    });
    return { variables: [...variables], parameters, gradients, slots, slotVariables };
  }

  /** Updates parameters `start` to `end`, which lie side by side. */
  #update(arenas: Arenas, start: number, end: number): void {
    const { parameters, gradients, slots } = arenas;
    const { offsets, sizes } = parameters.layout;
    const from = (offsets[start] as number) / 16;
    const to = ((offsets[end - 1] as number) + (sizes[end - 1] as number)) / 16;
    // A rule with fewer slots still binds three buffers; they may not be one that it reads.
    const spare = slots.map((slot) => slot.block);
    while (spare.length < 3) spare.push(device().allocate(16));
    const blocks = [gradients.block, this.step.block, parameters.block, ...spare];
    // Late, so that a compiled step follows a schedule.
    const h = (at: number): number[] => {
      const given = this.hyperparameters();
      return [given[at] ?? 0, given[at + 1] ?? 0, given[at + 2] ?? 0, given[at + 3] ?? 0];
    };
    const late = [() => this.weightDecay, () => h(0), () => h(4)].map((read) => ({ late: read }));
    const params = [from, to - from, ...late];
    device().dispatch(this.#kernel, blocks, params, ...gridOf(to - from));
    for (const block of spare.slice(slots.length)) device().release(block);
  }
}

/** Stretches of parameters that have gradients. */
function runs(gradients: readonly (Tensor | null)[]): [number, number][] {
  const found: [number, number][] = [];
  gradients.forEach((gradient, i) => {
    if (gradient === null) return;
    const last = found.at(-1);
    if (last?.[1] === i) last[1] = i + 1;
    else found.push([i, i + 1]);
  });
  return found;
}

function check(
  op: string,
  gradients: readonly (Tensor | null)[],
  parameters: readonly Variable[],
): void {
  const got = `${gradients.length} gradients and ${parameters.length} parameters`;
  if (gradients.length !== parameters.length) {
    throw new UsageError(op, "there must be one gradient per parameter", { got });
  }
  if (parameters.length === 0) throw new UsageError(op, "there must be parameters", { got });
  if (gradients.every((gradient) => gradient === null)) {
    throw new UsageError(op, "no parameter has a gradient", {
      remedy: "The loss must depend on the variables: was it computed from the model's output?",
    });
  }
  const half = parameters.find((parameter) => parameter.dtype !== "f32");
  if (half !== undefined) {
    throw new DtypeError(op, "parameters must be f32", {
      got: `${half}`,
      remedy: 'Keep the variable in f32 and use its cast("f16") in the model.',
    });
  }
  gradients.forEach((gradient, i) => {
    const parameter = parameters[i] as Variable;
    if (gradient === null || sameShape(gradient.shape, parameter.shape)) return;
    throw new UsageError(op, "a gradient must have its parameter's shape", {
      got: `${shapeText(gradient.shape)} for ${parameter}`,
    });
  });
}
