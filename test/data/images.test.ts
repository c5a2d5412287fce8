import { describe, expect, test } from "vitest";
import {
  type DecodeImage,
  type Pixels,
  bytesSource,
  decodeImage,
  directorySource,
  fileListSource,
  imageArray,
  listImages,
  loadImageFolder,
  readImage,
} from "../../src/data/index.ts";
import { expectTypedFaults } from "./sources.ts";

/** Byte c of pixel (x, y) is (37x + 59y + 83c) % 256. */
function picture(width: number, height: number, channels: 3 | 4 = 3): Pixels {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    return (37 * (pixel % width) + 59 * Math.floor(pixel / width) + 83 * c) % 256;
  });
  return { width, height, channels, data };
}

/** A decoder of files that are width, height and RGB bytes. */
const decode: DecodeImage = ([width = 0, height = 0, ...data]) => {
  return { width, height, channels: 3, data: Uint8Array.from(data) };
};
const file = ({ width, height, data }: Pixels): Uint8Array =>
  Uint8Array.from([width, height, ...data]);

/** A PNG of two by two pixels: red, green; blue, white. */
const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC",
  ),
  (character) => character.charCodeAt(0),
);

describe("imageArray", () => {
  // Pillow 12.3, resize with BILINEAR and the box of the crop; it rounds between its two passes.
  // prettier-ignore
  const TABLE = [
    ["stretch", { size: [3, 4], fit: "stretch" }, [44, 127, 158, 102, 185, 117, 170, 145, 80, 171, 62, 138, 137, 156, 77, 179, 107, 105, 104, 106, 162, 92, 148, 177, 160, 57, 140, 111, 115, 157, 100, 183, 98, 158, 164, 73]],
    ["a crop of the sides", { size: 3 }, [71, 154, 141, 136, 195, 79, 188, 83, 111, 164, 137, 81, 153, 100, 139, 88, 121, 168, 129, 84, 167, 90, 149, 118, 131, 195, 82]],
    ["a crop between pixels", { size: [2, 6] }, [92, 175, 119, 134, 182, 44, 175, 146, 85, 154, 107, 127, 146, 85, 168, 71, 127, 210, 158, 97, 68, 200, 104, 110, 178, 68, 151, 76, 110, 193, 68, 151, 135, 110, 193, 132]],
    ["grey", { size: [3, 4], fit: "stretch", channels: 1 }, [106, 153, 145, 103, 141, 128, 112, 135, 97, 119, 148, 151]],
  ] as const;

  test.each(TABLE)("%s as Pillow does it", (_, shape, want) => {
    const { data } = imageArray("picture", picture(7, 5), shape);
    expect(data.length).toBe(want.length);
    want.forEach((value, i) => expect(Math.abs((data[i] as number) - value)).toBeLessThan(1.01));
  });

  test("the same size is the same image; transparency is dropped", () => {
    const given = picture(4, 4);
    expect(imageArray("picture", given, { size: 4 })).toEqual({
      dtype: "u8",
      shape: [4, 4, 3],
      data: given.data,
    });
    const { data } = imageArray("picture", picture(3, 3, 4), { size: 3 });
    expect([...data.slice(3, 6)]).toEqual([37, 120, 203]);
  });

  test("enlarging keeps the range", () => {
    const { data } = imageArray("picture", picture(2, 2), { size: 5 });
    expect(Math.max(...data)).toBe(Math.max(...picture(2, 2).data));
    expect([...data.slice(0, 3)]).toEqual([0, 83, 166]);
  });

  test("pixels must be as many as are said", () => {
    const short = { ...picture(3, 3), height: 4 };
    expect(() => imageArray("a.png", short, { size: 3 })).toThrow(/a\.png.*27 bytes for 4 × 3 × 3/);
  });
});

describe("image folders", () => {
  const files = {
    "dog/b.png": file(picture(4, 4)),
    "cat/deep/a.PNG": file(picture(6, 4)),
    "dog/notes.txt": Uint8Array.of(1),
    "dog/._b.png": Uint8Array.of(1),
    "top.png": Uint8Array.of(1),
  };

  test("a class per folder, other files passed over", async () => {
    const progress: number[] = [];
    const {
      classes,
      files: found,
      data,
    } = await loadImageFolder(bytesSource(files), {
      size: 4,
      decode,
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(classes).toEqual(["cat", "dog"]);
    expect(found).toEqual([
      { name: "cat/deep/a.PNG", label: 0 },
      { name: "dog/b.png", label: 1 },
    ]);
    expect(data.fields.inputs?.shape).toEqual([2, 4, 4, 3]);
    expect(data.fields.inputs?.data.slice(48)).toEqual(picture(4, 4).data);
    expect([...(data.fields.labels?.data ?? [])]).toEqual([0, 1]);
    expect(progress).toEqual([0.5, 1]);
  });

  test("none, missing and broken ones are told by name", async () => {
    const source = bytesSource(files, "here");
    await expect(listImages(source, ["tiff"])).rejects.toThrow(/none in here\/.*tiff/);
    await expect(readImage(source, "cat/b.png", { size: 2, decode })).rejects.toThrow(
      /^here\/cat\/b\.png: the image must exist/,
    );
    await expectTypedFaults(files["dog/b.png"], 30, (bytes) =>
      readImage(bytesSource({ a: bytes }), "a", { size: 2, decode }),
    );
  });

  test("picked files, by their path in the picked folder", async () => {
    const picked = new File(["x"], "a.png");
    Object.defineProperty(picked, "webkitRelativePath", { value: "pets/cat/a.png" });
    const source = fileListSource([picked, new File(["y"], "b.png")]);
    expect(await source.list()).toEqual(["b.png", "cat/a.png"]);
    expect([...((await source.read("cat/a.png")) ?? [])]).toEqual([120]);
    expect(await source.read("a.png")).toBeNull();
  });
});

const isBrowser = globalThis.navigator?.storage !== undefined;

describe("decodeImage", () => {
  test.runIf(isBrowser)("a PNG, in a browser", async () => {
    const { width, height, channels, data } = await decodeImage(PNG, "a.png");
    expect([width, height, channels]).toEqual([2, 2, 4]);
    expect([...data]).toEqual([
      ...[255, 0, 0, 255, 0, 255, 0, 255],
      ...[0, 0, 255, 255, 255, 255, 255, 255],
    ]);
    await expect(decodeImage(PNG.slice(0, 40), "cut.png")).rejects.toThrow(/^cut\.png: .*40 bytes/);
  });

  test.runIf(isBrowser)("a folder of the browser's own file system", async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("pets", { create: true });
    const cats = await folder.getDirectoryHandle("cat", { create: true });
    const handle = await cats.getFileHandle("a.png", { create: true });
    const writable = await handle.createWritable();
    await writable.write(PNG);
    await writable.close();
    const source = directorySource(folder);
    expect(await source.list()).toEqual(["cat/a.png"]);
    expect(await source.read("dog/a.png")).toBeNull();
    expect(await source.read("cat")).toBeNull();
    const { data, classes } = await loadImageFolder(source, { size: 2 });
    expect(classes).toEqual(["cat"]);
    expect([...(data.fields.inputs?.data ?? [])].slice(0, 6)).toEqual([255, 0, 0, 0, 255, 0]);
    await root.removeEntry("pets", { recursive: true });
  });

  test.skipIf(isBrowser)("elsewhere a decoder must be passed", async () => {
    await expect(decodeImage(PNG, "a.png")).rejects.toThrow(/Pass a decoder of your own/);
  });
});
