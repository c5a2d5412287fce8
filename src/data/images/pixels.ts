// Decoded images, and what is done to them before they are stacked: channels, a crop, a size.

import { DataError } from "../../errors.ts";
import type { HostArray } from "../hostArray.ts";

/** A decoded image: rows of pixels of one (grey), three (RGB) or four (RGBA) bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Makes an image of a file's bytes.
 *
 * @param name  of the file, for messages and for what its ending tells.
 */
export type DecodeImage = (bytes: Uint8Array, name: string) => Pixels | Promise<Pixels>;

/** What images become, so that they can be stacked. */
export interface ImageShape {
  /** Height and width, or one length for both. */
  readonly size: number | readonly [height: number, width: number];
  /** 3 for RGB (the default), 1 for grey; transparency is dropped. */
  readonly channels?: 1 | 3;
  /** "crop" (the default) keeps the proportions and cuts off both ends of the longer side. */
  readonly fit?: "crop" | "stretch";
}

/** A rectangle of an image, in pixels; its edges may lie between them. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * An image as an array, scaled with a triangle filter as wide as what a pixel of the result covers.
 *
 * @returns  `[height, width, channels]` u8.
 * @throws {DataError} if the pixels are not as many as the image says.
 */
export function imageArray(name: string, image: Pixels, shape: ImageShape): HostArray {
  const { size, channels = 3, fit = "crop" } = shape;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const { width: from, height: down, channels: given, data } = image;
  if (!(from >= 1 && down >= 1) || data.length !== from * down * given) {
    const got = `${data.length} bytes for ${down} × ${from} × ${given}`;
    throw new DataError(name, "an image must have as many bytes as its pixels", { got });
  }
  const planes = withChannels(image, channels);
  const frame = fit === "crop" ? centred(from, down, width / height) : whole(from, down);
  const across = tapsOf(frame.left, frame.width, width, from);
  const along = tapsOf(frame.top, frame.height, height, down);
  const narrow = resample(planes, { outer: down, length: from, inner: channels }, across);
  const small = resample(narrow, { outer: 1, length: down, inner: width * channels }, along);
  const bytes = Uint8Array.from(small, (value) => Math.min(255, Math.max(0, Math.round(value))));
  return { dtype: "u8", shape: [height, width, channels], data: bytes };
}

function withChannels({ channels: given, data }: Pixels, channels: 1 | 3): Float32Array {
  const count = data.length / given;
  const planes = new Float32Array(count * channels);
  const at = (i: number, c: number): number => data[i * given + (given === 1 ? 0 : c)] as number;
  for (let i = 0; i < count; i++) {
    // Grey as in ITU-R BT.601.
    if (channels === 1) planes[i] = 0.299 * at(i, 0) + 0.587 * at(i, 1) + 0.114 * at(i, 2);
    else for (let c = 0; c < 3; c++) planes[3 * i + c] = at(i, c);
  }
  return planes;
}

const whole = (width: number, height: number): Frame => ({ left: 0, top: 0, width, height });

/** The largest frame of the proportions in the middle. */
function centred(width: number, height: number, ratio: number): Frame {
  const [across, down] = [Math.min(width, height * ratio), Math.min(height, width / ratio)];
  return { left: (width - across) / 2, top: (height - down) / 2, width: across, height: down };
}

/** Elements of a row that an element of the result is made of. */
interface Taps {
  readonly start: number;
  readonly weights: readonly number[];
}

function tapsOf(start: number, span: number, count: number, length: number): Taps[] {
  const scale = span / count;
  const reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(length, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => {
      return Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach);
    });
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { start: first, weights: raw.map((weight) => weight / total) };
  });
}

/** `[outer, length, inner]` to `[outer, taps, inner]`. */
function resample(
  x: Float32Array,
  { outer, length, inner }: { outer: number; length: number; inner: number },
  taps: readonly Taps[],
): Float32Array {
  const y = new Float32Array(outer * taps.length * inner);
  for (let o = 0; o < outer; o++) {
    taps.forEach(({ start, weights }, i) => {
      const to = (o * taps.length + i) * inner;
      weights.forEach((weight, k) => {
        const from = (o * length + start + k) * inner;
        for (let c = 0; c < inner; c++) {
          y[to + c] = (y[to + c] as number) + weight * (x[from + c] as number);
        }
      });
    });
  }
  return y;
}
