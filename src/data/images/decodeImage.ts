// Decoding images by what browsers bring along.

import { DataError, UsageError } from "../../errors.ts";
import type { Pixels } from "./pixels.ts";

/**
 * The pixels of a PNG, JPEG, WebP or whatever else the browser knows; in pages and in workers.
 *
 * @param name  of the file, for messages.
 * @throws {UsageError} where there is no such decoder: outside browsers.
 * @throws {DataError} if the file is broken or no image.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Pixels> {
  const draw = drawing();
  try {
    // The pixels as they are in the file, neither fitted to the screen nor multiplied by their alpha.
    const bitmap = await createImageBitmap(new Blob([bytes.slice()]), {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
    const { width, height } = bitmap;
    [draw.canvas.width, draw.canvas.height] = [width, height];
    draw.drawImage(bitmap, 0, 0);
    bitmap.close();
    const { data } = draw.getImageData(0, 0, width, height);
    return { width, height, channels: 4, data };
  } catch (cause) {
    throw new DataError(name, "the image must be whole and of a kind that the browser knows", {
      got: `${bytes.length} bytes: ${(cause as Error).message}`,
      cause,
    });
  }
}

/** A canvas to draw on. Deno has the class, but no context. */
function drawing(): OffscreenCanvasRenderingContext2D {
  const hasBoth = typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";
  const draw = hasBoth
    ? new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
    : null;
  if (draw !== null) return draw;
  throw new UsageError("decodeImage", "the host must have createImageBitmap and OffscreenCanvas", {
    remedy: "Pass a decoder of your own as `decode`: only browsers bring one along.",
  });
}
