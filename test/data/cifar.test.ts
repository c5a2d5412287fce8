import { describe, expect, test } from "vitest";
import { CIFAR10_CLASSES, bytesSource, loadCifar10, loadCifar100 } from "../../src/data/index.ts";
import { expectTypedFaults, gzip } from "./sources.ts";

/** Records of labels and an image whose byte i of plane c is (label + 3c + i) % 256. */
function records(...labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((codes) => {
      const image = Array.from({ length: 3072 }, (_, i) => {
        return ((codes.at(-1) as number) + 3 * Math.floor(i / 1024) + (i % 1024)) % 256;
      });
      return [...codes, ...image];
    }),
  );
}

describe("CIFAR", () => {
  test("batches one after the other, planes as channels", async () => {
    const files: Record<string, Uint8Array> = { "test_batch.bin": records([9]) };
    for (let i = 1; i <= 5; i++) files[`data_batch_${i}.bin`] = records([i], [0]);
    files["data_batch_3.bin.gz"] = await gzip(records([3], [0]));
    delete files["data_batch_3.bin"];
    const { size, fields } = await loadCifar10(bytesSource(files), "train");
    expect(size).toBe(10);
    expect([...(fields.labels?.data ?? [])]).toEqual([1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
    expect(fields.inputs?.shape).toEqual([10, 32, 32, 3]);
    // Pixel 33 of image 4: second row, second column.
    const at = 4 * 3072 + 33 * 3;
    expect([...(fields.inputs?.data.slice(at, at + 3) ?? [])]).toEqual([36, 39, 42]);
    expect((await loadCifar10(bytesSource(files), "test")).fields.labels?.data[0]).toBe(9);
    expect(CIFAR10_CLASSES[9]).toBe("truck");
  });

  test("two labels of CIFAR-100", async () => {
    const source = bytesSource({ "train.bin": records([19, 99], [2, 50]) });
    const { fields } = await loadCifar100(source, "train");
    expect([...(fields.labels?.data ?? [])]).toEqual([99, 50]);
    expect([...(fields.coarseLabels?.data ?? [])]).toEqual([19, 2]);
    expect(fields.inputs?.data[3072 + 3 * 7 + 1]).toBe(50 + 3 + 7);
    await expect(loadCifar100(source, "test")).rejects.toThrow(/memory\/test\.bin nor \.gz/);
  });

  test("broken files are told with the place", async () => {
    const whole = records([1], [2]);
    const load = (bytes: Uint8Array) =>
      loadCifar10(bytesSource({ "test_batch.bin": bytes }, "here"), "test");
    await expect(load(whole.slice(0, 4000))).rejects.toThrow(
      /^here\/test_batch\.bin: .*Got 927 bytes after record 1, at byte 3073/,
    );
    const strange = whole.slice();
    strange[3073] = 10;
    await expect(load(strange)).rejects.toThrow(/labels must be below 10. Got 10 at byte 3073/);
    const messages = await expectTypedFaults(whole, 30, load);
    for (const message of messages) expect(message).toMatch(/^here.*at byte \d+/);
    expect(messages.length).toBeGreaterThan(15);
  });
});
