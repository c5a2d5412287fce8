// Images as sequences of patches, and back; rows of sequences by their places.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import { takeAlongAxis } from "../ops/elements.ts";
import { gather } from "../ops/gather.ts";
import { broadcastTo } from "../ops/sum.ts";
import { expandDims, reshape, transpose } from "../ops/views.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The square patches of images, row by row, each as one vector.
 *
 * @param images  `[batch, height, width, channels]`.
 * @param size    pixels along a side of a patch.
 * @returns       `[batch, patches, size · size · channels]`.
 * @throws {ShapeError} unless patches of that size fill the images.
 * @see Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, §3.1.
 */
export function patchify(images: Tensor, size: number): Tensor {
  if (images.rank !== 4) {
    throw new ShapeError("patchify", "images must be [batch, height, width, channels]", {
      got: shapeText(images.shape),
      remedy: "Use images.expandDims(-1) where there is one channel.",
    });
  }
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  requireFit("patchify", [height, width], size);
  const [rows, columns] = [height / size, width / size];
  const blocks = reshape(images, [batch, rows, size, columns, size, channels]);
  const turned = transpose(blocks, [0, 1, 3, 2, 4, 5]);
  return reshape(turned, [batch, rows * columns, size * size * channels]);
}

/**
 * The images that `patchify` made patches of.
 *
 * @param patches  `[batch, patches, size · size · channels]`.
 * @param shape    height and width of the images.
 * @returns        `[batch, height, width, channels]`.
 * @throws {ShapeError} unless the patches fill such images.
 */
export function unpatchify(
  patches: Tensor,
  size: number,
  shape: readonly [height: number, width: number],
): Tensor {
  requireFit("unpatchify", shape, size);
  const [rows, columns] = [shape[0] / size, shape[1] / size];
  const [batch = 0, count = 0, values = 0] = patches.shape;
  const channels = values / (size * size);
  if (patches.rank !== 3 || count !== rows * columns || !Number.isInteger(channels)) {
    throw new ShapeError("unpatchify", "there must be a row of whole pixels per patch", {
      got: `${shapeText(patches.shape)} for ${rows} × ${columns} patches of ${size} × ${size} pixels`,
    });
  }
  const blocks = reshape(patches, [batch, rows, columns, size, size, channels]);
  const turned = transpose(blocks, [0, 1, 3, 2, 4, 5]);
  return reshape(turned, [batch, ...shape, channels]);
}

/** @throws {ShapeError} unless squares fill a rectangle. */
function requireFit(op: string, [height, width]: readonly number[], size: number): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new UsageError(op, "the size of patches must be a positive integer", { got: `${size}` });
  }
  if ((height as number) % size === 0 && (width as number) % size === 0) return;
  throw new ShapeError(op, "patches must fill the images", {
    got: `${height} × ${width} pixels for patches of ${size} × ${size}`,
    remedy: "Resize or pad the images.",
  });
}

/**
 * Rows of each sequence by their places in it.
 *
 *   y[b, i] = x[b, places[b, i]]
 *
 * @param x       `[batch, length, features]`, or `[length, features]` for all of the batch.
 * @param places  `[batch, taken]` i32.
 * @returns       `[batch, taken, features]`.
 * @throws {ShapeError} unless there is a row of places per sequence.
 */
export function takePlaces(x: Tensor, places: Tensor): Tensor {
  const [batch = 0, taken = 0] = places.shape;
  const isShared = x.rank === 2;
  if (places.rank !== 2 || !(isShared || (x.rank === 3 && x.shape[0] === batch))) {
    throw new ShapeError("takePlaces", "there must be a row of places per sequence", {
      got: `sequences ${shapeText(x.shape)} and places ${shapeText(places.shape)}`,
    });
  }
  if (isShared) return gather(x, places);
  const ids = broadcastTo(expandDims(places, 2), [batch, taken, x.shape[2] as number]);
  return takeAlongAxis(x, ids, 1);
}
