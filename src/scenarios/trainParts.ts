// Parts that every training scenario takes.

import type { Generator } from "../ops/random.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../optimizers/schedules.ts";
import type { EvaluateResult } from "./evaluate.ts";

/** What trains a model, and what else a run takes along, whatever is trained. */
export interface TrainParts {
  readonly optimizer: Optimizer & { learningRate?: number };
  /** The optimizer's learning rate at each step. Default: it stays as it is. */
  readonly schedule?: Schedule;
  /** Called every so often, and at the end: an `Evaluate`, or an `EvaluateAgent`, with its parts. */
  readonly evaluate?: () => Promise<EvaluateResult>;
  /** Whose state is saved too. Default: the library's. */
  readonly generator?: Generator;
}
