// Errors and targets per output, for shares of the variance that is explained.

import { sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { untaped } from "../ops/tape.ts";
import { reshape } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type MomentValues, Moments } from "./moments.ts";
import { requireSameShape } from "./requirements.ts";

/** Values of a regression metric by output. */
export interface OutputDetails {
  readonly perOutput: readonly number[];
}

/** Moments of targets and of their differences to predictions. */
export class OutputErrors {
  readonly #op: string;
  readonly #errors: Moments;
  readonly #targets: Moments;

  constructor(op: string) {
    this.#op = op;
    this.#errors = new Moments(op, false);
    this.#targets = new Moments(op, false);
  }

  reset(): void {
    this.#errors.reset();
    this.#targets.reset();
  }

  update(predictions: Tensor, targets: Tensor): void {
    requireSameShape(this.#op, predictions, targets);
    const columns = targets.rank < 2 ? 1 : (targets.shape.at(-1) as number);
    untaped(() =>
      scope(() => {
        const rows = (x: Tensor): Tensor => reshape(cast(x, "f32"), [x.size / columns, columns]);
        const wanted = rows(targets);
        this.#targets.add(wanted);
        this.#errors.add(sub(wanted, rows(predictions)));
      }),
    );
  }

  async read(): Promise<{ readonly errors: MomentValues; readonly targets: MomentValues }> {
    const [errors, targets] = await Promise.all([this.#errors.read(), this.#targets.read()]);
    return { errors, targets };
  }
}

/** 1 − unexplained / total; without any variation 1 if nothing is unexplained, else 0. */
export function explained(unexplained: number, total: number): number {
  if (total === 0) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / total;
}
