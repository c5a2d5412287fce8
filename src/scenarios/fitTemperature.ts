// The temperature at which a classifier's confidence fits.

import { add, less, mul } from "../ops/binary.ts";
import { full } from "../ops/creation.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import { softmax } from "../ops/softmax.ts";
import { mean, sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { exp, neg } from "../ops/unary.ts";
import { expandDims } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Log 1/T lies between ± this. */
const BOUND = 5;

/** Halvings of what is between the bounds. */
const HALVINGS = 32;

/**
 * The T > 0 at which labels are most likely under softmax(logits / T), between e⁻⁵ and e⁵. With β = 1/T the
 * likelihood is concave, and its slope falls through 0 at the answer, which is found by bisection:
 *
 *   mean_n (z_n[label_n] − Σ_c softmax(β z_n)_c z_nc) = 0
 *
 * @param logits  `[n, classes]`: z, of examples that were not trained on.
 * @param labels  `[n]` i32 or u32.
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, §4.2.
 */
export async function fitTemperature(logits: Tensor, labels: Tensor): Promise<number> {
  const found = untaped(() =>
    scope(() => {
      const wanted = mean(takeAlongAxis(logits, expandDims(labels, 1), 1));
      let [low, high] = [full([], -BOUND), full([], BOUND)];
      let middle = full([], 0);
      for (let i = 0; i < HALVINGS; i++) {
        const expected = mean(sum(mul(softmax(mul(logits, exp(middle))), logits), -1));
        const isBelow = less(expected, wanted);
        [low, high] = [where(isBelow, middle, low), where(isBelow, high, middle)];
        middle = mul(add(low, high), 0.5);
      }
      return exp(neg(middle));
    }),
  );
  const temperature = await found.item();
  found.dispose();
  return temperature;
}
