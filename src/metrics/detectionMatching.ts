// Which detections of an image find which objects, on the host.

/** A box with its corners. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A detection of one class in one image. */
export interface Detection extends Box {
  readonly score: number;
}

/** An object of that class in that image. */
export interface Truth extends Box {
  /** Many objects in one box: any number of detections may match it, and none needs to. */
  readonly isCrowd: boolean;
  /** Square pixels, by which objects are told small from large. */
  readonly area: number;
}

/** Areas of the objects that count. */
export type AreaRange = readonly [smallest: number, largest: number];

/** What became of a detection; those that are ignored are neither right nor wrong. */
export interface Verdict {
  readonly score: number;
  readonly isHit: boolean;
  readonly isIgnored: boolean;
}

/** Width times height. */
export function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}

/** Intersection over union of two boxes; over the detection alone where the object is a crowd. */
export function overlapOf(detection: Box, truth: Box & { readonly isCrowd: boolean }): number {
  const width = Math.min(detection.right, truth.right) - Math.max(detection.left, truth.left);
  const height = Math.min(detection.bottom, truth.bottom) - Math.max(detection.top, truth.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const own = areaOf(detection);
  return shared / (truth.isCrowd ? own : own + areaOf(truth) - shared);
}

/** Whether an object does not count. */
export function isIgnored({ isCrowd, area }: Truth, [smallest, largest]: AreaRange): boolean {
  return isCrowd || area < smallest || area > largest;
}

/**
 * Gives each detection, the surest first, the free object that it overlaps most, if by `threshold` at
 * least; objects that count come before those that do not.
 *
 * @param detections  by falling score.
 * @param overlaps    `[detection][truth]`.
 */
export function matchDetections(
  detections: readonly Detection[],
  truths: readonly Truth[],
  overlaps: readonly (readonly number[])[],
  threshold: number,
  range: AreaRange,
): Verdict[] {
  const taken = new Set<number>();
  const isOut = truths.map((truth) => isIgnored(truth, range));
  const isFree = (i: number): boolean => !taken.has(i) || (truths[i] as Truth).isCrowd;
  return detections.map((detection, d) => {
    const row = overlaps[d] as readonly number[];
    const find = (wanted: boolean): number => {
      let best = -1;
      truths.forEach((_, i) => {
        const overlap = row[i] as number;
        if (isOut[i] !== wanted || !isFree(i) || overlap < Math.min(threshold, 1 - 1e-10)) return;
        // The later one of equals.
        if (best < 0 || overlap >= (row[best] as number)) best = i;
      });
      return best;
    };
    const counted = find(false);
    const found = counted < 0 ? find(true) : counted;
    if (found >= 0) taken.add(found);
    const area = areaOf(detection);
    const isOutside = area < range[0] || area > range[1];
    return {
      score: detection.score,
      isHit: counted >= 0,
      isIgnored: found >= 0 ? counted < 0 : isOutside,
    };
  });
}
