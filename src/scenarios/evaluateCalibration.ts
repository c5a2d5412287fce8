// EvaluateCalibration: whether a classifier is right as often as it says.

import { compile } from "../compile/compile.ts";
import { toTensors } from "../data/batchTensors.ts";
import type { Batch } from "../data/dataLoader.ts";
import { DataError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { mul } from "../ops/binary.ts";
import { concat } from "../ops/slice.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Calibration, CalibrationMeter } from "./calibration.ts";
import { requireFields } from "./fields.ts";
import { fitTemperature } from "./fitTemperature.ts";
import { type Portion, type PredictData, inOrder, requirePortion } from "./inOrder.ts";
import { type RunOptions, Scenario } from "./scenario.ts";

/** Settings of `EvaluateCalibration`. */
export interface EvaluateCalibrationSettings extends Partial<Portion> {
  /** Of confidence, of equal width. Default 15. */
  readonly bins?: number;
  /** Record the model's GPU commands once per shape of a batch and send them again. Default true. */
  readonly compiled?: boolean;
}

/** Parts of `EvaluateCalibration`. */
export interface EvaluateCalibrationParts {
  /** From inputs to logits `[batch, classes]`. */
  readonly model: (inputs: Tensor) => Tensor;
  readonly data: PredictData;
  /** Other examples, neither trained on nor in `data`, to find a temperature by. Default: none is found. */
  readonly heldOut?: PredictData;
  /** Fields of the data. Default "inputs" and "labels". */
  readonly inputs?: string;
  readonly labels?: string;
}

/** A batch is done, of the held-out data first. */
export interface CalibrationEvent {
  readonly type: "batch";
  readonly of: "heldOut" | "data";
  readonly batch: number;
}

/** What an evaluation of calibration gives. */
export interface CalibrationResult extends Calibration {
  /** T found on the held-out data, and the calibration of logits / T. */
  readonly temperature: number | undefined;
  readonly scaled: Calibration | undefined;
}

/**
 * Compares a classifier's confidence with its accuracy; and again after dividing its logits by the
 * temperature that makes held-out labels most likely, which changes no prediction.
 *
 *     const { expectedCalibrationError, temperature, scaled } =
 *       await new EvaluateCalibration({ bins: 15 })({ model, data: test, heldOut: validation });
 *
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks.
 */
export class EvaluateCalibration extends Scenario<EvaluateCalibrationParts, CalibrationResult> {
  readonly settings: EvaluateCalibrationSettings;

  constructor(settings: EvaluateCalibrationSettings = {}) {
    super();
    requirePortion("EvaluateCalibration", settings);
    this.settings = settings;
  }

  async *run(
    parts: EvaluateCalibrationParts,
    { signal }: RunOptions = {},
  ): AsyncGenerator<CalibrationEvent, CalibrationResult> {
    const { bins = 15, compiled = true } = this.settings;
    const portion = { batchSize: 64, batches: Infinity, ...this.settings };
    const recorded = compiled ? compile(parts.model) : undefined;
    const model = recorded ?? parts.model;
    const kept: Outputs[] = [];
    const plain = new CalibrationMeter(bins);
    let scaled: { readonly temperature: number; readonly meter: CalibrationMeter } | undefined;
    async function* outputs(data: PredictData): AsyncGenerator<Outputs> {
      for await (const batch of inOrder("EvaluateCalibration", data, portion)) {
        signal?.throwIfAborted();
        yield untaped(() => scope(() => outputsOf({ ...parts, model }, batch)));
      }
    }
    try {
      if (parts.heldOut !== undefined) {
        for await (const one of outputs(parts.heldOut)) {
          kept.push(one);
          yield { type: "batch", of: "heldOut", batch: kept.length - 1 };
        }
        scaled = { temperature: await fitted(kept), meter: new CalibrationMeter(bins) };
      }
      let batch = 0;
      for await (const one of outputs(parts.data)) {
        measure(one, plain, 1);
        if (scaled !== undefined) measure(one, scaled.meter, scaled.temperature);
        dispose(one);
        device().recorder.flush();
        yield { type: "batch", of: "data", batch: batch++ };
      }
      const { temperature, meter } = scaled ?? {};
      return { ...(await plain.result()), temperature, scaled: await meter?.result() };
    } finally {
      kept.forEach(dispose);
      recorded?.dispose();
    }
  }
}

/** `[n, classes]` and `[n]`. */
interface Outputs {
  readonly logits: Tensor;
  readonly labels: Tensor;
}

function outputsOf(parts: EvaluateCalibrationParts, batch: Batch): Outputs {
  const { model, inputs = "inputs", labels = "labels" } = parts;
  const fields = requireFields("EvaluateCalibration", toTensors(batch), inputs, labels);
  const [given, wanted] = fields as [Tensor, Tensor];
  return { logits: model(given), labels: wanted };
}

function measure({ logits, labels }: Outputs, meter: CalibrationMeter, temperature: number): void {
  untaped(() => scope(() => meter.update(mul(logits, 1 / temperature), labels)));
}

function dispose({ logits, labels }: Outputs): void {
  logits.dispose();
  labels.dispose();
}

/** The temperature that suits all these outputs. */
async function fitted(all: readonly Outputs[]): Promise<number> {
  if (all.length === 0) {
    throw new DataError("EvaluateCalibration", "there must be held-out examples", {
      got: "none",
      remedy: "Leave heldOut out to measure the logits as they are.",
    });
  }
  const joined = scope(() => {
    const logits = concat(all.map((one) => one.logits));
    return { logits, labels: concat(all.map((one) => one.labels)) };
  });
  const temperature = await fitTemperature(joined.logits, joined.labels);
  dispose(joined);
  return temperature;
}
