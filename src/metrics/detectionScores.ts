// Precision and recall of detections over a data set, on the host.

import { meanOfKnown } from "./averages.ts";
import {
  type AreaRange,
  type Box,
  type Detection,
  type Truth,
  type Verdict,
  isIgnored,
  matchDetections,
  overlapOf,
} from "./detectionMatching.ts";

/** What `MeanAveragePrecision.details` gives; NaN where there is no object to find. */
export interface DetectionScores {
  /** Over all thresholds and classes. */
  readonly averagePrecision: number;
  /** At an overlap of 0.5; NaN unless that is one of the thresholds. */
  readonly averagePrecision50: number;
  /** At an overlap of 0.75. */
  readonly averagePrecision75: number;
  /** Of objects below 32² square pixels. */
  readonly small: number;
  /** Of objects from 32² to 96² square pixels. */
  readonly medium: number;
  /** Of objects above 96² square pixels. */
  readonly large: number;
  /** Mean recall over thresholds and classes with 1 detection per image and class, 10, and all. */
  readonly averageRecall1: number;
  readonly averageRecall10: number;
  readonly averageRecall: number;
  /** Classes with an object, in order. */
  readonly perClass: readonly { readonly label: number; readonly averagePrecision: number }[];
}

/** Boxes of an image as they were kept. */
export interface ImageBoxes {
  /** Per detection left, top, right, bottom, score, label. */
  readonly detections: Float32Array;
  /** Per object left, top, right, bottom, label, whether it is a crowd, area. */
  readonly objects: Float32Array;
}

/** One class in one image. */
interface Scene {
  /** By falling score. */
  readonly detections: readonly Detection[];
  readonly truths: readonly Truth[];
  readonly overlaps: readonly (readonly number[])[];
}

const ALL: AreaRange = [0, 1e10];
const SMALL: AreaRange = [0, 32 ** 2];
const MEDIUM: AreaRange = [32 ** 2, 96 ** 2];
const LARGE: AreaRange = [96 ** 2, 1e10];

/** All scores of a data set. */
export function scoreDetections(
  images: readonly ImageBoxes[],
  thresholds: readonly number[],
  maxDetections: number,
): DetectionScores {
  const classes = scenesByClass(images, maxDetections);
  const labels = [...classes.keys()].sort((a, b) => a - b);
  const hasNaN = images.some(({ detections, objects }) => {
    return detections.some(Number.isNaN) || objects.some(Number.isNaN);
  });
  const curves = (range: AreaRange, most = maxDetections): Curve[][] =>
    hasNaN
      ? []
      : labels.map((label) => {
          const scenes = classes.get(label) as Scene[];
          return thresholds.map((threshold) => curveOf(scenes, threshold, range, most));
        });
  const precision = (of: readonly Curve[][]): number =>
    meanOfKnown(of.flat().map(({ averagePrecision }) => averagePrecision));
  const recall = (of: readonly Curve[][]): number =>
    meanOfKnown(of.flat().map(({ recall }) => recall));
  const all = curves(ALL);
  const at = (threshold: number): number => {
    const index = thresholds.findIndex((one) => Math.abs(one - threshold) < 1e-9);
    return precision(all.map((row) => row.slice(index, index < 0 ? 0 : index + 1)));
  };
  return {
    averagePrecision: precision(all),
    averagePrecision50: at(0.5),
    averagePrecision75: at(0.75),
    small: precision(curves(SMALL)),
    medium: precision(curves(MEDIUM)),
    large: precision(curves(LARGE)),
    averageRecall1: recall(curves(ALL, Math.min(1, maxDetections))),
    averageRecall10: recall(curves(ALL, Math.min(10, maxDetections))),
    averageRecall: recall(all),
    perClass: labels.flatMap((label, i) => {
      const row = all[i] ?? [];
      const averagePrecision = precision([row]);
      return Number.isNaN(averagePrecision) ? [] : [{ label, averagePrecision }];
    }),
  };
}

function scenesByClass(images: readonly ImageBoxes[], most: number): Map<number, Scene[]> {
  const classes = new Map<number, Scene[]>();
  for (const { detections, objects } of images) {
    const found = byLabel(detections, 6, 5);
    const wanted = byLabel(objects, 7, 4);
    for (const label of new Set([...found.keys(), ...wanted.keys()])) {
      const scene = sceneOf(found.get(label) ?? [], wanted.get(label) ?? [], most);
      classes.set(label, [...(classes.get(label) ?? []), scene]);
    }
  }
  return classes;
}

/** Rows of numbers by the label in one of their columns. */
function byLabel(values: Float32Array, width: number, column: number): Map<number, number[][]> {
  const groups = new Map<number, number[][]>();
  for (let at = 0; at < values.length; at += width) {
    const row = [...values.subarray(at, at + width)];
    const label = row[column] as number;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}

function sceneOf(found: readonly number[][], wanted: readonly number[][], most: number): Scene {
  const detections = found
    .map((row) => ({ ...boxOf(row), score: row[4] as number }))
    .sort((a, b) => b.score - a.score)
    .slice(0, most);
  const truths = wanted.map((row) => {
    return { ...boxOf(row), isCrowd: row[5] !== 0, area: row[6] as number };
  });
  const overlaps = detections.map((one) => truths.map((truth) => overlapOf(one, truth)));
  return { detections, truths, overlaps };
}

function boxOf(row: readonly number[]): Box {
  const [left, top, right, bottom] = row as [number, number, number, number];
  return { left, top, right, bottom };
}

/** What a precision-recall curve comes down to; NaN where nothing is to be found. */
interface Curve {
  readonly averagePrecision: number;
  readonly recall: number;
}

/** Recalls at which precision is looked up: 0, 0.01, … 1. */
const RECALLS = 101;

function curveOf(
  scenes: readonly Scene[],
  threshold: number,
  range: AreaRange,
  most: number,
): Curve {
  const verdicts = scenes.flatMap(({ detections, truths, overlaps }): Verdict[] =>
    matchDetections(detections.slice(0, most), truths, overlaps, threshold, range),
  );
  const total = scenes
    .flatMap(({ truths }) => truths)
    .filter((truth) => !isIgnored(truth, range)).length;
  if (total === 0) return { averagePrecision: NaN, recall: NaN };
  const counted = verdicts.filter((verdict) => !verdict.isIgnored);
  counted.sort((a, b) => b.score - a.score);
  let hits = 0;
  const points = counted.map(({ isHit }, i) => {
    if (isHit) hits++;
    return { recall: hits / total, precision: hits / (i + 1) };
  });
  // The best precision at this recall or more.
  for (let i = points.length - 2; i >= 0; i--) {
    const [point, next] = [points[i], points[i + 1]] as [Point, Point];
    point.precision = Math.max(point.precision, next.precision);
  }
  let [at, area] = [0, 0];
  for (let i = 0; i < RECALLS; i++) {
    while (at < points.length && (points[at] as Point).recall < i * 0.01) at++;
    area += points[at]?.precision ?? 0;
  }
  return { averagePrecision: area / RECALLS, recall: hits / total };
}

interface Point {
  readonly recall: number;
  precision: number;
}
