// From a module and an example of its inputs to the graph of its forward pass.

import { recordCommands } from "../compile/tracing.ts";
import { mapTensors, tensorsIn } from "../compile/structure.ts";
import { usesOf } from "../compile/plan.ts";
import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Block } from "../gpu/buffers.ts";
import { device } from "../gpu/device.ts";
import { isDispatch, isVirtual } from "../gpu/trace.ts";
import { concat, slice } from "../ops/slice.ts";
import { isPlainObject } from "../tensor/plainObject.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Run, assembleGraph } from "./assembleGraph.ts";
import type { Graph } from "./graph.ts";
import { GraphTape, type Lower, type Noted } from "./graphTape.ts";
import { lowerOf } from "./lowerings.ts";

/** How a forward pass is traced. */
export interface TraceOptions {
  /** Names of the tensors among the arguments, in order. Default: `input`, or by key. */
  readonly inputNames?: readonly string[];
  /** Names of the tensors among the results. Default: `output`, or by key. */
  readonly outputNames?: readonly string[];
  /**
   * The axis of each input that grows with the batch, null for none. Default: the first axis of
   * those whose first length is that of the first input. An empty list: all lengths are fixed.
   */
  readonly batchAxes?: readonly (number | null)[];
  /** Names of ops that the reader of the graph knows, though they could be taken apart. */
  readonly keeps?: readonly string[];
}

/**
 * The graph of `fn(...args)`. What depends on no input is computed here and becomes a constant.
 * Lengths that depend on the batch are found by another run with one example more.
 *
 * @param fn    runs in evaluation mode: give a module's `isTraining: false` among the arguments.
 * @param args  tensors, alone or in arrays and plain objects, are the inputs; the rest is fixed.
 * @throws {UsageError} if the function draws random numbers, or an op on the way from the inputs is
 *                      not one that can be traced.
 */
export async function traceGraph(
  fn: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  options: TraceOptions = {},
): Promise<Graph> {
  const operands = tensorsIn(args);
  if (operands.length === 0) {
    throw new UsageError("trace", "there must be a tensor among the example's arguments");
  }
  const lower: Lower = (op, attributes) => {
    return options.keeps?.includes(op) === true ? undefined : lowerOf(op, attributes);
  };
  scope(() => void fn(...args)); // makes the variables
  refuseStrangers(fn, args, lower);
  const axes = batchAxesOf(operands, options.batchAxes);
  const first = run(fn, args, lower);
  const hasBatch = axes.some((axis) => axis !== null);
  const second = hasBatch ? run(fn, longer(args, axes), lower) : first;
  const names = { inputs: namesOf("input", args), outputs: namesOf("output", first.result) };
  const graph = await assembleGraph(first, second, {
    inputs: options.inputNames ?? names.inputs,
    outputs: options.outputNames ?? names.outputs,
    axes,
  });
  for (const { kept } of new Set([first, second])) {
    for (const tensor of kept.values()) tensor.dispose();
  }
  return graph;
}

/** One name per tensor: by its key, its place, or what all are called. */
export function namesOf(word: string, given: unknown): string[] {
  const walk = (value: unknown, path: readonly string[]): string[] => {
    if (value instanceof Tensor) return [path.join(".") || word];
    if (Array.isArray(value)) return value.flatMap((item, i) => walk(item, [...path, String(i)]));
    if (!isPlainObject(value)) return [];
    return Object.entries(value).flatMap(([key, item]) => walk(item, [...path, key]));
  };
  const names = walk(given, []).map((name) => name.replace(/^\d+\./, ""));
  if (names.length === 1) return [/^\d+$/.test(names[0] as string) ? word : (names[0] as string)];
  const named = names.map((name) => (/^\d/.test(name) ? `${word}.${name}` : name));
  return named.map((name, i) => (named.indexOf(name) === i ? name : `${name}.${i}`));
}

/** The axis of each input that grows with the batch: those given, or the first of those alike. */
export function batchAxesOf(
  operands: readonly Tensor[],
  given: readonly (number | null)[] | undefined,
): (number | null)[] {
  const batch = operands[0]?.shape[0];
  const usual = operands.map(({ shape }) => (shape.length > 0 && shape[0] === batch ? 0 : null));
  if (given === undefined) return usual;
  if (given.length === 0) return operands.map(() => null);
  const fits = operands.every(({ rank }, i) => {
    const axis = given[i];
    return axis === null || (Number.isInteger(axis) && (axis as number) < rank);
  });
  if (given.length === operands.length && fits) return [...given];
  throw new ShapeError("trace", "batchAxes must have an axis or null for each input", {
    got: `[${given.join()}] for ${operands.map(({ shape }) => shapeText(shape)).join(", ")}`,
  });
}

/** The arguments with the first example once more at the end. */
function longer(args: readonly unknown[], axes: readonly (number | null)[]): unknown[] {
  let next = 0;
  return mapTensors([...args], (tensor) => {
    const axis = axes[next++];
    if (axis === null || axis === undefined) return tensor;
    const one = tensor.shape.map((_, i) => (i === axis ? ([0, 1] as const) : null));
    return concat([tensor, slice(tensor, one)], axis);
  });
}

function run(
  fn: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  lower: Lower,
): Run & { readonly result: unknown } {
  const kept = new Map<Noted, Tensor>();
  let ran: (Run & { readonly result: unknown }) | undefined;
  scope(() => {
    const operands = tensorsIn(args);
    const tape = new GraphTape(operands, lower);
    try {
      const result = fn(...args);
      const results = tensorsIn(result);
      if (results.length === 0) {
        throw new UsageError("trace", "the function must return tensors", { got: typeof result });
      }
      const inputs = operands.map((operand) => tape.note(operand));
      const outputs = results.map((output) => tape.read(output));
      ran = { ops: tape.ops, inputs, outputs, kept, result: mapTensors(result, (x) => x) };
      for (const noted of [...tape.ops.flatMap((op) => op.inputs), ...outputs]) {
        if (noted.kept !== undefined) kept.set(noted, noted.kept);
      }
    } finally {
      tape.close();
    }
    return kept;
  });
  return ran as Run & { readonly result: unknown };
}

/** @throws {UsageError} if something depends on the inputs by a way that a tape does not see. */
function refuseStrangers(
  fn: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  lower: Lower,
): void {
  let needed: ReadonlySet<Noted> | undefined;
  const watched = (...stands: readonly unknown[]): unknown => {
    const tape = new GraphTape(tensorsIn(stands), lower);
    try {
      const result = fn(...stands);
      needed = neededFor(tape, tensorsIn(result));
      return result;
    } finally {
      tape.close();
    }
  };
  const recording = recordCommands(watched, args, device(), false);
  if (recording === undefined || needed === undefined) {
    throw new UsageError("trace", "the function must run on the GPU alone", {
      got: "one that reads values back, or makes variables at every call",
    });
  }
  const { commands, ports, written } = recording;
  if (commands.renewals.length > 0) {
    throw new UsageError("trace", "a graph is the same at every call, without random numbers", {
      remedy: "Call the module in evaluation mode: pass { isTraining: false } in the example.",
    });
  }
  if (written.length > 0) {
    throw new UsageError("trace", "the function must not change variables", {
      got: `a new value of ${String(written[0])}`,
      remedy: "Call the module in evaluation mode: pass { isTraining: false } in the example.",
    });
  }
  const makers = new Map<Block, string>(ports.map((port) => [port, "input"]));
  for (const command of commands.commands) {
    const { reads, writes } = usesOf(command);
    const written = new Set(writes);
    const isLater = reads.some((block) => makers.has(block));
    if (!isLater) continue;
    const name = isDispatch(command) ? command.kernel.name : "copy";
    for (const block of written) makers.set(block, name);
  }
  const isStrange = (block: Block): boolean => isVirtual(block) && makers.has(block);
  for (const { shape, blocks } of needed) {
    const block = [...blocks].find(isStrange);
    if (block === undefined) continue;
    throw new UsageError(
      "trace",
      "every op between inputs and outputs must be one that is traced",
      {
        got: `a tensor ${shapeText(shape)} by way of the kernel ${makers.get(block)}`,
      },
    );
  }
}

/** Everything that results depend on. */
function neededFor(tape: GraphTape, results: readonly Tensor[]): Set<Noted> {
  const needed = new Set(results.map((result) => tape.note(result)));
  for (const { inputs, outputs } of tape.ops.toReversed()) {
    if (!outputs.some((output) => needed.has(output))) continue;
    for (const input of inputs) needed.add(input);
  }
  return needed;
}
