// Images in folders, one folder per class.

import { DataError } from "../../errors.ts";
import { type Dataset, dataset } from "../dataset.ts";
import type { ListedSource } from "../files/fileSource.ts";
import type { HostArray } from "../hostArray.ts";
import { decodeImage } from "./decodeImage.ts";
import { type DecodeImage, type ImageShape, imageArray } from "./pixels.ts";

/** An image and its class. */
export interface LabelledFile {
  readonly name: string;
  readonly label: number;
}

/** What lies in a folder of classes. */
export interface ImageFolder {
  /** Names of the folders, sorted; a label is a place among them. */
  readonly classes: readonly string[];
  readonly files: readonly LabelledFile[];
}

/** Endings of images by default. */
const ENDINGS: readonly string[] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "avif"];

/**
 * The images of a folder: those in `cat/`, at any depth, are of the class "cat". Other files are
 * passed over.
 *
 * @param endings  of images, in lower case without dot. Default: those that browsers decode.
 * @throws {DataError} if there is no image in a folder.
 */
export async function listImages(
  source: ListedSource,
  endings: readonly string[] = ENDINGS,
): Promise<ImageFolder> {
  const names = (await source.list()).filter((name) => {
    const parts = name.split("/");
    const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    return parts.length > 1 && !parts.at(-1)?.startsWith(".") && endings.includes(ending);
  });
  const classOf = (name: string): string => name.slice(0, name.indexOf("/"));
  const classes = [...new Set(names.map(classOf))].sort();
  if (classes.length === 0) {
    throw new DataError("listImages", "there must be a folder of images per class", {
      got: `none in ${source.describe("")}`,
      remedy: `Endings are ${endings.join(", ")}; name others as an argument.`,
    });
  }
  const codes = new Map(classes.map((name, i) => [name, i]));
  const files = names.map((name) => ({ name, label: codes.get(classOf(name)) as number }));
  return { classes, files };
}

/** Options of `readImage`. */
export interface ReadImageOptions extends ImageShape {
  /** Default: `decodeImage`, which needs a browser. */
  readonly decode?: DecodeImage;
}

/**
 * One image of a source.
 *
 * @returns  `[height, width, channels]` u8.
 * @throws {DataError} if it is missing or broken.
 */
export async function readImage(
  source: ListedSource,
  name: string,
  options: ReadImageOptions,
): Promise<HostArray> {
  const bytes = await source.read(name);
  const where = source.describe(name);
  if (bytes === null) throw new DataError(where, "the image must exist");
  return imageArray(where, await (options.decode ?? decodeImage)(bytes, where), options);
}

/** Options of `loadImageFolder`. */
export interface LoadImageFolderOptions extends ReadImageOptions {
  /** Endings of images. Default: those that browsers decode. */
  readonly endings?: readonly string[];
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * All images of a folder in memory. What does not fit there is streamed: see `listImages`, `readImage`
 * and `StreamLoader`.
 *
 * @returns  `data` with `inputs [n, height, width, channels]` u8 and `labels [n]` i32, in the order of the
 *           files' names, and the folder's classes and files.
 * @throws {DataError} if there is no image, or one is broken.
 */
export async function loadImageFolder(
  source: ListedSource,
  options: LoadImageFolderOptions,
): Promise<ImageFolder & { readonly data: Dataset }> {
  const folder = await listImages(source, options.endings);
  const { files } = folder;
  let inputs: Uint8Array | undefined;
  let shape: readonly number[] = [];
  for (const [i, { name }] of files.entries()) {
    const image = await readImage(source, name, options);
    inputs ??= new Uint8Array(files.length * image.data.length);
    inputs.set(image.data, i * image.data.length);
    shape = image.shape;
    options.onProgress?.(i + 1, files.length);
  }
  const labels = Int32Array.from(files, ({ label }) => label);
  const data = dataset({
    inputs: { dtype: "u8", shape: [files.length, ...shape], data: inputs as Uint8Array },
    labels: { dtype: "i32", shape: [files.length], data: labels },
  });
  return { ...folder, data };
}
