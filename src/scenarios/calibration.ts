// How a classifier's confidence compares with its accuracy, batch by batch.

import { Accuracy } from "../metrics/accuracy.ts";
import {
  type CalibrationBin,
  ExpectedCalibrationError,
} from "../metrics/expectedCalibrationError.ts";
import { LogLoss } from "../metrics/logLoss.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How confidence compares with accuracy. */
export interface Calibration {
  readonly accuracy: number;
  /** Mean negative log-likelihood, in nats. */
  readonly logLoss: number;
  /** Mean gap between confidence and accuracy over bins, weighted by their examples. */
  readonly expectedCalibrationError: number;
  /** The largest gap of a bin. */
  readonly maximumCalibrationError: number;
  /** The reliability table, by rising confidence. */
  readonly bins: readonly CalibrationBin[];
}

/** Measures it. */
export class CalibrationMeter {
  readonly #accuracy: Accuracy = new Accuracy();
  readonly #logLoss: LogLoss = new LogLoss();
  readonly #error: ExpectedCalibrationError;

  constructor(bins: number) {
    this.#error = new ExpectedCalibrationError({ bins });
  }

  update(logits: Tensor, labels: Tensor): void {
    for (const one of [this.#accuracy, this.#logLoss, this.#error]) one.update(logits, labels);
  }

  async result(): Promise<Calibration> {
    const { bins, maximum } = await this.#error.details();
    return {
      accuracy: await this.#accuracy.result(),
      logLoss: await this.#logLoss.result(),
      expectedCalibrationError: await this.#error.result(),
      maximumCalibrationError: maximum,
      bins,
    };
  }
}
