// Mean average precision of object detection.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { full } from "../ops/creation.ts";
import { concat, slice } from "../ops/slice.ts";
import { untaped } from "../ops/tape.ts";
import { mul, sub } from "../ops/binary.ts";
import { reshape } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type DetectionScores, type ImageBoxes, scoreDetections } from "./detectionScores.ts";
import { KeptRows } from "./keptRows.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import { requireCount, requirePositive } from "./requirements.ts";

const OP = "MeanAveragePrecision";

/** Detections in one image. */
export interface Detections {
  /** `[n, 4]`: left, top, right, bottom. */
  readonly boxes: Tensor;
  /** `[n]`. */
  readonly scores: Tensor;
  /** `[n]` i32 or u32 classes. */
  readonly labels: Tensor;
}

/** Objects in one image. */
export interface Objects {
  /** `[m, 4]`: left, top, right, bottom. */
  readonly boxes: Tensor;
  /** `[m]` i32 or u32 classes. */
  readonly labels: Tensor;
  /** `[m]` bool: boxes around many objects, which may be found any number of times. Default: none. */
  readonly isCrowd?: Tensor;
  /** `[m]` square pixels, by which objects are small, medium or large. Default: those of the boxes. */
  readonly areas?: Tensor;
}

/** Options of `MeanAveragePrecision`. */
export interface MeanAveragePrecisionOptions extends MetricOptions {
  /** Overlaps, intersection over union, from which a box is found. Default 0.5, 0.55, … 0.95. */
  readonly thresholds?: readonly number[];
  /** Detections per image and class that count, the surest. Default 100. */
  readonly maxDetections?: number;
}

/**
 * Average precision over recalls 0, 0.01, … 1, over overlaps from 0.5 to 0.95, and over classes, as
 * COCO defines it.
 *
 *   AP = mean over recalls r of max {precision at recall r′ : r′ ≥ r}
 *
 * In each image and class the surest detection first takes the object that it overlaps most. NaN
 * without any object; classes without one are left out. Boxes are kept on the GPU, 24 bytes per
 * detection and 28 per object, and matched on the host.
 *
 * @see Lin et al. 2014, Microsoft COCO: Common Objects in Context; https://cocodataset.org/#detection-eval
 */
export class MeanAveragePrecision implements Metric<[readonly Detections[], readonly Objects[]]> {
  readonly name: string;
  readonly thresholds: readonly number[];
  readonly maxDetections: number;
  readonly #detections: KeptRows = new KeptRows(OP);
  readonly #objects: KeptRows = new KeptRows(OP);
  /** Detections and objects of each image. */
  readonly #sizes: (readonly [number, number])[] = [];

  constructor(options: MeanAveragePrecisionOptions = {}) {
    const { maxDetections = 100, name = "meanAveragePrecision" } = options;
    const { thresholds = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100) } = options;
    requireCount(OP, "maxDetections", maxDetections);
    for (const one of thresholds) requirePositive(OP, "every threshold", one);
    this.name = name;
    this.thresholds = thresholds;
    this.maxDetections = maxDetections;
  }

  reset(): void {
    this.#detections.reset();
    this.#objects.reset();
    this.#sizes.length = 0;
  }

  /**
   * @param detections  of one image each.
   * @param objects     of the same images.
   * @throws {UsageError} if there are not as many of both.
   * @throws {ShapeError} if boxes are not `[n, 4]`, or other tensors not `[n]`.
   */
  update(detections: readonly Detections[], objects: readonly Objects[]): void {
    if (detections.length !== objects.length) {
      const got = `${detections.length} and ${objects.length} images`;
      throw new UsageError(OP, "there must be objects for every image", { got });
    }
    for (const { boxes, ...rest } of [...detections, ...objects]) {
      requireBoxes(boxes, Object.values(rest) as Tensor[]);
    }
    untaped(() =>
      scope(() => {
        for (const { boxes, scores, labels } of detections) {
          if (labels.size > 0) this.#detections.add(rowsOf(boxes, [scores, labels]));
        }
        for (const { boxes, labels, isCrowd, areas } of objects) {
          if (labels.size === 0) continue;
          const crowd = isCrowd ?? full(labels.shape, 0);
          this.#objects.add(rowsOf(boxes, [labels, crowd, areas ?? boxAreas(boxes)]));
        }
      }),
    );
    detections.forEach(({ labels }, i) => {
      this.#sizes.push([labels.size, objects[i]?.labels.size ?? 0]);
    });
  }

  async result(): Promise<number> {
    return (await this.details()).averagePrecision;
  }

  async details(): Promise<DetectionScores> {
    const [found, wanted] = await Promise.all([this.#detections.read(), this.#objects.read()]);
    let [d, t] = [0, 0];
    const images = this.#sizes.map(([detections, objects]): ImageBoxes => {
      const image = {
        detections: found.subarray(6 * d, 6 * (d + detections)),
        objects: wanted.subarray(7 * t, 7 * (t + objects)),
      };
      d += detections;
      t += objects;
      return image;
    });
    return scoreDetections(images, this.thresholds, this.maxDetections);
  }
}

function requireBoxes(boxes: Tensor, columns: readonly (Tensor | undefined)[]): void {
  const given = columns.filter((column) => column !== undefined);
  const [n, four] = boxes.shape;
  if (boxes.rank === 2 && four === 4) {
    if (given.every(({ shape }) => shape.length === 1 && shape[0] === n)) return;
  }
  const got = [boxes, ...given].map(({ shape }) => shapeText(shape)).join(", ");
  throw new ShapeError(OP, "boxes must be [n, 4] and all else of an image [n]", { got });
}

/** Boxes and what belongs to them as rows of f32. */
function rowsOf(boxes: Tensor, columns: readonly Tensor[]): Tensor {
  const n = boxes.shape[0] as number;
  return concat(
    [boxes, ...columns].map((x) => reshape(cast(x, "f32"), [n, x.size / n])),
    1,
  );
}

function boxAreas(boxes: Tensor): Tensor {
  const side = (low: number): Tensor =>
    sub(slice(boxes, [null, low + 2]), slice(boxes, [null, low]));
  return mul(cast(side(0), "f32"), cast(side(1), "f32"));
}
