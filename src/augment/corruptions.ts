// Images made worse in five degrees, to see what a model makes of them.

import { UsageError } from "../errors.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import type { Generator } from "../ops/random.ts";
import { mean } from "../ops/sum.ts";
import { clip, cos, round, sin } from "../ops/unary.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gaussianBlur, gaussianNoise } from "./gaussian.ts";
import { Draws, imageTransform } from "./imageTransform.ts";
import { windowsAt } from "./pixelsAt.ts";
import { cutout } from "./randomErasing.ts";

/**
 * Images made worse.
 *
 * @param images     `[batch, height, width, channels]` in [0, 1].
 * @param severity   1 to 5.
 * @param generator  of everything random in it.
 * @returns          of the same shape and range.
 */
export type Corruption = (images: Tensor, severity: number, generator: Generator) => Tensor;

/** What a corruption does, given one of its five strengths. */
type Body = (images: Tensor, strength: number, generator: Generator) => Tensor;

function corruption(op: string, strengths: readonly number[], body: Body): Corruption {
  return (images, severity, generator) => {
    const strength = strengths[severity - 1];
    if (strength === undefined) {
      const rule = `severity must be a whole number from 1 to ${strengths.length}`;
      throw new UsageError(op, rule, { got: `${severity}` });
    }
    const worse = imageTransform(op, (x) => clip(body(x, strength, generator), { min: 0, max: 1 }));
    return worse(images);
  };
}

/** The shorter side in pixels. */
const sideOf = ({ shape }: Tensor): number => Math.min(shape[1] as number, shape[2] as number);

/**
 * The corruptions by name:
 *
 * - `gaussianNoise`: normal noise of deviation 0.08, 0.12, 0.18, 0.26 or 0.38 added;
 * - `blur`: by a Gaussian of deviation 0.02, 0.03, 0.04, 0.055 or 0.075 of the shorter side;
 * - `contrast`: 0.4, 0.3, 0.2, 0.1 or 0.05 of the distance from the image's mean, by channel;
 * - `brightness`: 0.1 to 0.5 added;
 * - `shift`: moved by 0.06, 0.1, 0.14, 0.18 or 0.22 of the shorter side, to whole pixels, each image in its
 *   own direction; 0 comes in;
 * - `occlusion`: a square of 0.2 to 0.6 of the shorter side, with its middle anywhere, made grey.
 *
 * The results are clipped to [0, 1].
 *
 * @see Hendrycks & Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions and
 *      Perturbations (noise, contrast and brightness as there).
 */
export const corruptions: Readonly<
  Record<"gaussianNoise" | "blur" | "contrast" | "brightness" | "shift" | "occlusion", Corruption>
> = {
  gaussianNoise: /* @__PURE__ */ corruption(
    "gaussianNoise",
    [0.08, 0.12, 0.18, 0.26, 0.38],
    (x, deviation, generator) => gaussianNoise({ deviation, generator })(x),
  ),
  blur: /* @__PURE__ */ corruption("blur", [0.02, 0.03, 0.04, 0.055, 0.075], (x, part, generator) =>
    gaussianBlur({ sigma: part * sideOf(x), generator })(x),
  ),
  contrast: /* @__PURE__ */ corruption("contrast", [0.4, 0.3, 0.2, 0.1, 0.05], (x, part) => {
    const grey = mean(x, [1, 2], { keepDims: true });
    return add(mul(sub(x, grey), part), grey);
  }),
  brightness: /* @__PURE__ */ corruption("brightness", [0.1, 0.2, 0.3, 0.4, 0.5], (x, more) =>
    add(x, more),
  ),
  shift: /* @__PURE__ */ corruption(
    "shift",
    [0.06, 0.1, 0.14, 0.18, 0.22],
    (x, part, generator) => {
      const [, height, width] = x.shape as [number, number, number];
      const angle = new Draws(x, { generator }).between([0, 2 * Math.PI]);
      const along = (way: Tensor): Tensor => cast(round(mul(way, part * sideOf(x))), "i32");
      return windowsAt(x, along(sin(angle)), along(cos(angle)), [height, width], 0);
    },
  ),
  occlusion: /* @__PURE__ */ corruption(
    "occlusion",
    [0.2, 0.3, 0.4, 0.5, 0.6],
    (x, part, generator) => {
      const size = Math.max(1, Math.round(part * sideOf(x)));
      return cutout({ size, fill: 0.5, generator })(x);
    },
  ),
};
