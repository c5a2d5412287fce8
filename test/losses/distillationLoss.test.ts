import { describe, expect, test } from "vitest";
import { tensor, zeros } from "../../src/index.ts";
import { distillationLoss } from "../../src/losses/index.ts";
import { expectClose } from "../support/check.ts";

describe("distillationLoss", () => {
  // T² · rel_entr of softmax, SciPy 1.16.
  test.each([
    [1, [0.343921, 3.665513]],
    [4, [0.889149, 5.144925]],
  ])("of rows at temperature %i", async (temperature, want) => {
    const [logits, teacher] = [tensor([[1, -2, 0.5], [0, 3, -1]]), tensor([[2, 0, -1], [0.5, 0.5, 4]])]; // prettier-ignore
    const none = distillationLoss(logits, teacher, { temperature, reduction: "none" });
    await expectClose(none, want, [2], { rtol: 1e-5 });
    const mean = ((want[0] as number) + (want[1] as number)) / 2;
    await expectClose(distillationLoss(logits, teacher, { temperature }), [mean], []);
    await expectClose(distillationLoss(teacher, teacher.add(3), { temperature }), [0], []);
  });

  test("wrong calls", () => {
    expect(() => distillationLoss(zeros([2, 3]), zeros([3]))).toThrow(/logits and teacher must/);
    const wrong = { temperature: 0 };
    expect(() => distillationLoss(zeros([2, 3]), zeros([2, 3]), wrong)).toThrow(/temperature/);
  });
});
