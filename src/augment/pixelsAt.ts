// Pixels of images by place: whole ones, windows, and between pixels.

import { ShapeError, shapeText } from "../errors.ts";
import { add, greaterEqual, less, logicalAnd, maximum, minimum, mul, sub } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { arange } from "../ops/creation.ts";
import { gather } from "../ops/gather.ts";
import { slice } from "../ops/slice.ts";
import { floor } from "../ops/unary.ts";
import { expandDims, reshape } from "../ops/views.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireImages } from "./imageTransform.ts";

/** What lies outside of an image: a number, or the pixel at the edge that is nearest. */
export type Outside = number | "edge";

type Sizes = readonly [batch: number, height: number, width: number, channels: number];

/**
 * The pixels of each image in rows and columns of its own.
 *
 * @param x        `[batch, height, width, channels]`.
 * @param rows     i32, broadcasts to `[batch, h, w]`.
 * @param columns  as rows.
 * @returns        `[batch, h, w, channels]`.
 */
export function pixelsAt(x: Tensor, rows: Tensor, columns: Tensor, outside: Outside): Tensor {
  const [batch, height, width, channels] = x.shape as unknown as Sizes;
  const within = (at: Tensor, length: number): Tensor => minimum(maximum(at, 0), length - 1);
  const [r, c] =
    outside === "edge" ? [within(rows, height), within(columns, width)] : [rows, columns];
  const starts = reshape(arange(0, batch * height * width, height * width, "i32"), [batch, 1, 1]);
  const ids = add(add(mul(r, width), c), starts);
  const pixels = reshape(x, [batch * height * width, channels]);
  if (outside === "edge") return gather(pixels, ids);
  const isRow = logicalAnd(greaterEqual(r, 0), less(r, height));
  const isInside = logicalAnd(isRow, logicalAnd(greaterEqual(c, 0), less(c, width)));
  // What lies behind the last pixel is gathered as 0.
  const found = gather(pixels, where(isInside, ids, batch * height * width));
  return outside === 0 ? found : where(expandDims(isInside, 3), found, outside);
}

/**
 * A window of each image.
 *
 * @param top   i32 `[batch, 1, 1, 1]`: the row of the image that is the first of the window.
 * @param left  the column, likewise.
 */
export function windowsAt(
  x: Tensor,
  top: Tensor,
  left: Tensor,
  [height, width]: readonly [number, number],
  outside: Outside,
): Tensor {
  const batch = x.shape[0] as number;
  const rows = add(
    reshape(top, [batch, 1, 1]),
    reshape(arange(0, height, 1, "i32"), [1, height, 1]),
  );
  const columns = add(
    reshape(left, [batch, 1, 1]),
    reshape(arange(0, width, 1, "i32"), [1, 1, width]),
  );
  return pixelsAt(x, rows, columns, outside);
}

/** Options of `gridSample`. */
export interface GridSampleOptions {
  /** What lies outside of the image. Default 0. */
  readonly outside?: Outside;
}

/**
 * Images at places between pixels, by bilinear interpolation: weighted means of the four pixels around each
 * place. The gradient flows to the images and to the places.
 *
 * @param x       `[batch, height, width, channels]` f32.
 * @param places  `[batch, h, w, 2]` f32: row and column in pixels; the first pixel's middle is (0, 0).
 * @returns       `[batch, h, w, channels]`.
 * @throws {ShapeError} if the shapes do not fit.
 * @see Jaderberg et al. 2015, Spatial Transformer Networks, equation 5.
 */
export function gridSample(x: Tensor, places: Tensor, options: GridSampleOptions = {}): Tensor {
  requireImages("gridSample", x);
  const { outside = 0 } = options;
  if (places.rank !== 4 || places.shape[0] !== x.shape[0] || places.shape[3] !== 2) {
    const got = `images ${shapeText(x.shape)} and places ${shapeText(places.shape)}`;
    throw new ShapeError("gridSample", "places must be [batch, h, w, 2]", { got });
  }
  return scope(() => {
    const row = slice(places, [null, null, null, 0]); // [batch, h, w]
    const column = slice(places, [null, null, null, 1]);
    return between(x, row, column, outside);
  });
}

/** Bilinear pixels; rows and columns broadcast to `[batch, h, w]` f32. */
export function between(x: Tensor, row: Tensor, column: Tensor, outside: Outside): Tensor {
  const [top, left] = [floor(row), floor(column)];
  const [down, right] = [sub(row, top), sub(column, left)];
  const [r, c] = [cast(top, "i32"), cast(left, "i32")];
  const corner = (dr: 0 | 1, dc: 0 | 1): Tensor => {
    const weight = mul(dr ? down : sub(1, down), dc ? right : sub(1, right));
    return mul(pixelsAt(x, add(r, dr), add(c, dc), outside), expandDims(weight, 3));
  };
  return add(add(corner(0, 0), corner(0, 1)), add(corner(1, 0), corner(1, 1)));
}
