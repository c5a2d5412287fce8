// Overlap of predicted and true regions.

import { meanOfKnown } from "./averages.ts";
import { type ClassDetails, ConfusionMetric } from "./confusionMetric.ts";
import type { ConfusionOptions } from "./confusionCounts.ts";
import { requireClass } from "./requirements.ts";

/**
 * Mean over classes of the intersection over union of predicted and true pixels; classes that occur in
 * neither are left out.
 *
 *   IoU_c = hits_c / (predictions_c + labels_c − hits_c)
 *
 * All images count as one: pixels are added up before dividing.
 *
 * @see Everingham et al. 2015, The PASCAL Visual Object Classes Challenge: A Retrospective.
 */
export class MeanIoU extends ConfusionMetric {
  constructor(options: ConfusionOptions = {}) {
    super("MeanIoU", "meanIoU", options);
  }

  async result(): Promise<number> {
    return meanOfKnown((await this.table()).intersectionOverUnion());
  }

  async details(): Promise<ClassDetails> {
    const table = await this.table();
    return { perClass: table.intersectionOverUnion(), support: table.support };
  }
}

/** Options of `IoU`. */
export interface IoUOptions extends ConfusionOptions {
  /** The class that is looked for. Default 1, the foreground of two classes. */
  readonly positive?: number;
}

/** Intersection over union of one class: see `MeanIoU`. NaN if it does not occur. */
export class IoU extends ConfusionMetric {
  readonly positive: number;

  constructor(options: IoUOptions = {}) {
    const { positive = 1 } = options;
    requireClass("IoU", "positive", positive);
    super("IoU", "iou", options);
    this.positive = positive;
  }

  async result(): Promise<number> {
    return (await this.table()).intersectionOverUnion()[this.positive] ?? NaN;
  }
}
