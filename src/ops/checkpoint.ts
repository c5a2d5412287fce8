// Recomputation: a function of which only the inputs are kept for the backward pass.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { closedScope, scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { copy } from "./elementwise.ts";
import { GradientTape } from "./gradient.ts";
import { notingStreams, repeatingStreams } from "./streamJournal.ts";
import { isRecording, isTracing, probed, record, recordJoint } from "./tape.ts";

type Outputs = Tensor | readonly Tensor[];

const listOf = (outputs: Outputs): readonly Tensor[] =>
  outputs instanceof Tensor ? [outputs] : outputs;

/**
 * `fn` with less memory for more time: what it computes on the way is not kept for its gradient but
 * computed again, with the same random numbers, when the gradient is asked for. Values and gradients
 * are those of `fn`, and can be differentiated again.
 *
 *     let h = x;
 *     for (const block of blocks) h = checkpoint(block)(h);   // keeps one tensor per block
 *
 * @param fn  returns a tensor or a list of them, and does the same each time. Gradients flow to the
 *            tensors among its arguments and to the variables that it reads; it may not change any.
 * @throws {UsageError} if `fn` assigns a variable, or draws other random numbers when it runs again.
 * @see Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
 */
export function checkpoint<Args extends readonly unknown[], Result extends Outputs>(
  fn: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => (isRecording() && !isTracing() ? run(fn, args) : fn(...args));
}

/** Runs `fn` and enters it on the tapes as one op. */
function run<Args extends readonly unknown[], Result extends Outputs>(
  fn: (...args: Args) => Result,
  args: Args,
): Result {
  const { result, streams } = notingStreams(() =>
    probed(() => closedScope(() => unwritten(() => fn(...args)))),
  );
  const { value, sources } = result;
  // An output that was there before would be its own source.
  const own = (y: Tensor): Tensor =>
    sources.includes(y) || args.includes(y) ? Tensor.view(y, y.shape, y.strides) : y;
  const outputs = value instanceof Tensor ? own(value) : value.map(own);
  const places = listOf(outputs);
  const distinct = [...new Set(places)];
  recordJoint("checkpoint", sources, distinct, (dys) => {
    const again = (): (Tensor | null)[] => {
      const inputs = standInsFor(args);
      const now = sources.map((source) => inputs.get(source) ?? source);
      using tape = new GradientTape();
      tape.watch(...now.filter((source) => !(source instanceof Variable)));
      const call = args.map((arg) => inputs.get(arg) ?? arg) as unknown as Args;
      const made = listOf(repeatingStreams(streams, () => fn(...call)));
      const reached = distinct.flatMap((y, i) => {
        const dy = dys[i] ?? null;
        return dy === null ? [] : [{ y: made[places.indexOf(y)] as Tensor, dy }];
      });
      const [targets, arriving] = [reached.map(({ y }) => y), reached.map(({ dy }) => dy)];
      return tape.gradient(targets, now, arriving);
    };
    // What another tape is to differentiate again has to stay.
    return isRecording() ? scope(again) : closedScope(again);
  });
  return outputs as Result;
}

/**
 * In a compiled function copies of the arguments, since what is computed twice from the same tensor is
 * computed once there. Strided ones stay themselves: kernels are chosen by strides.
 */
function standInsFor(args: readonly unknown[]): Map<unknown, Tensor> {
  const standIns = new Map<unknown, Tensor>();
  if (device().recorder.trace === undefined) return standIns;
  for (const x of args) {
    if (!(x instanceof Tensor) || x instanceof Variable || !x.isContiguous) continue;
    const y = copy.run(x);
    record("checkpoint", [x], y, [(dy) => dy]);
    standIns.set(x, y);
  }
  return standIns;
}

/** @throws {UsageError} if `body` gives a variable a new value: it would get it twice. */
function unwritten<T>(body: () => T): T {
  const { recorder } = device();
  const around = recorder.written;
  const written = new Set<object>();
  recorder.written = written;
  let result: T;
  try {
    result = body();
  } finally {
    recorder.written = around;
    for (const one of written) around?.add(one);
  }
  const [variable] = written;
  if (variable === undefined) return result;
  throw new UsageError("checkpoint", "the function must not assign variables: it runs twice", {
    got: `a new value of ${String(variable)}`,
    remedy: "Return the value and assign it outside.",
  });
}
