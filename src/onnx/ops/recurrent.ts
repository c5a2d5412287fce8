// ONNX recurrent networks in one direction, with the usual activations.

import * as renga from "./library.ts";
import type { Tensor } from "./library.ts";
import type { Call, Result, Run } from "./call.ts";
import { notMapped } from "./value.ts";

/** Time first, and the parameters of the only direction, each with the gates on its last axis. */
interface Operands {
  /** `[time, batch, input]`. */
  readonly x: Tensor;
  readonly wInput: Tensor;
  readonly wHidden: Tensor;
  /** The sum of both biases. */
  readonly bias: Tensor;
  readonly hidden: Tensor;
}

/** @param order  which gate of ONNX each of ours is. */
function operandsOf(call: Call, order: readonly number[]): Operands {
  const isPlain = call.text("direction", "forward") === "forward";
  if (!isPlain || call.hasAttribute("activations") || call.hasAttribute("clip"))
    notMapped("variants of recurrent nets");
  const isBatchFirst = call.flag("layout");
  const x = isBatchFirst ? renga.transpose(call.x(), [1, 0, 2]) : call.x();
  const size = call.attr("hidden_size", 1);
  const arrange = (w: Tensor): Tensor => {
    const gates = renga.split(w, order.length, 0);
    return renga.concat(order.map((gate) => gates[gate] as Tensor));
  };
  const [input, recurrent] = [1, 2].map((i) =>
    renga.transpose(arrange(renga.squeeze(call.x(i), 0))),
  );
  const both = renga.squeeze(call.maybe(3) ?? renga.zeros([1, 2 * order.length * size]), 0);
  const [first, second] = renga.split(both, 2) as [Tensor, Tensor];
  return {
    x,
    wInput: input as Tensor,
    wHidden: recurrent as Tensor,
    bias: arrange(first.add(second)),
    hidden: stateOf(call, 5, x.shape[1] as number),
  };
}

function stateOf(call: Call, i: number, batch: number): Tensor {
  const given = call.maybe(i);
  if (given === undefined) return renga.zeros([batch, call.attr("hidden_size", 1)]);
  return renga.squeeze(given, call.flag("layout") ? 1 : 0);
}

/** With an axis for the direction, and the batch where the layout has it. */
function placed(call: Call, outputs: Tensor, ...states: Tensor[]): Tensor[] {
  const isBatchFirst = call.flag("layout");
  const all = renga.expandDims(outputs, 1);
  return [
    isBatchFirst ? renga.transpose(all, [2, 0, 1, 3]) : all,
    ...states.map((state) => renga.expandDims(state, isBatchFirst ? 1 : 0)),
  ];
}

/** Sequences that end early are followed by zeros in ONNX. */
function requireFull(call: Call): void {
  const lengths = call.numbers(4);
  const steps = call.x().shape[call.flag("layout") ? 1 : 0];
  if (lengths?.some((n) => n !== steps)) notMapped("sequences of several lengths");
}

/** Gates i, o, f, c in ONNX; i, f, g, o here. */
function lstm(call: Call): Result {
  if (call.has(7)) return notMapped("LSTM with peepholes");
  requireFull(call);
  const { x, hidden, ...weights } = operandsOf(call, [0, 2, 3, 1]);
  const cell = stateOf(call, 6, x.shape[1] as number);
  const { outputs, state } = renga.lstm(x, { hidden, cell }, weights);
  return placed(call, outputs, state.hidden, state.cell);
}

/** ONNX's update gate keeps the state where ours replaces it: σ(−s) = 1 − σ(s). */
function gru(call: Call): Result {
  if (call.flag("linear_before_reset")) return notMapped("GRU that resets after the product");
  requireFull(call);
  const { x, hidden, wInput, wHidden, bias } = operandsOf(call, [0, 1, 2]);
  const flipped = (w: Tensor): Tensor => {
    const [z, ...rest] = renga.split(w, 3, -1) as [Tensor, Tensor, Tensor];
    return renga.concat([renga.neg(z), ...rest], -1);
  };
  const weights = { wInput: flipped(wInput), wHidden: flipped(wHidden), bias: flipped(bias) };
  const { outputs, state } = renga.gru(x, hidden, weights);
  return placed(call, outputs, state);
}

function vanilla(call: Call): Result {
  requireFull(call);
  const { x, hidden, ...weights } = operandsOf(call, [0]);
  const { outputs, state } = renga.vanillaRnn(x, hidden, weights);
  return placed(call, outputs, state);
}

export const RECURRENT: Readonly<Record<string, Run>> = { GRU: gru, LSTM: lstm, RNN: vanilla };
