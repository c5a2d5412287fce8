import { afterEach, describe, expect, test } from "vitest";
import {
  type Tensor,
  compile,
  conv,
  grad,
  init,
  matmul,
  sum,
  tensor,
  zeros,
} from "../../src/index.ts";
import { autotune, forgetTuning, loadTuning } from "../../src/autotune/index.ts";
import { fastest } from "../../src/autotune/autotune.ts";
import { formsFound, observeTunables } from "../../src/ops/tuning.ts";
import { MemoryWorkspace } from "../../src/workspace/index.ts";
import { expectClose, randomTensor } from "../support/check.ts";

afterEach(forgetTuning);

/** A step with a product and its gradients, or a convolution and its own. */
const steps: Readonly<Record<string, () => Tensor[]>> = {
  product: () => {
    const [a, b] = [randomTensor([20, 36]), randomTensor([36, 28], 2)];
    return grad(() => sum(matmul(a, b).square()), [a, b]) as Tensor[];
  },
  convolution: () => {
    const [x, w] = [randomTensor([2, 9, 8, 8]), randomTensor([3, 3, 8, 16], 2)];
    return grad(() => sum(conv(x, w).square()), [x, w]) as Tensor[];
  },
};

describe("autotune", () => {
  test("measures what a step computes, once, and says what it chose", async () => {
    const { adapter } = await init();
    const seen: string[] = [];
    const report = await autotune(steps.product as () => Tensor[], {
      onProgress: (done, total, { dispatch }) => seen.push(`${done}/${total} ${dispatch}`),
    });
    expect(report).toMatchObject({ adapter, known: 0 });
    expect(report.measured.map(({ dispatch }) => dispatch)).toEqual([
      "matmul 1x20x36x28 NN f32",
      "matmul 1x20x28x36 NT f32",
      "matmul 1x36x20x28 TN f32",
    ]);
    expect(seen[0]).toBe("1/3 matmul 1x20x36x28 NN f32");
    for (const { usual, chosen, milliseconds } of report.measured) {
      const names = Object.keys(milliseconds);
      expect(names).toContain(usual);
      expect(names).toContain(chosen);
      for (const time of Object.values(milliseconds)) expect(time).toBeGreaterThan(0);
    }
    const again = await autotune(steps.product as () => Tensor[]);
    expect(again).toMatchObject({ known: 3, measured: [] });
  });

  test("measures a step that is compiled for the first time", async () => {
    const product = compile((x: Tensor) => matmul(x, x));
    const { measured } = await autotune(() => product(zeros([4, 4])));
    expect(measured.map(({ dispatch }) => dispatch)).toEqual(["matmul 1x4x4x4 NN f32"]);
    product.dispose();
  });

  test("remembers in a workspace, for each adapter", async () => {
    const workspace = new MemoryWorkspace();
    const bytes = new TextEncoder().encode(JSON.stringify({ "another GPU": { a: "b" } }));
    await workspace.write("kernels.json", bytes);
    const options = { workspace, path: "kernels.json" };
    const product = (): Tensor => matmul(zeros([8, 8]), zeros([8, 8]));
    await autotune(product, options);
    forgetTuning();
    expect(await loadTuning(options)).toBe(1);
    forgetTuning();
    expect(await autotune(product, options)).toMatchObject({ known: 1, measured: [] });
    const text = new TextDecoder().decode((await workspace.read("kernels.json")) as Uint8Array);
    const stored = JSON.parse(text) as Record<string, unknown>;
    expect(stored["another GPU"]).toEqual({ a: "b" });
    expect(await loadTuning({ workspace })).toBe(0);
  });

  test.each(Object.keys(steps))("every form of a %s gives its numbers", async (name) => {
    const step = steps[name] as () => Tensor[];
    const { adapter } = await init();
    const want = await Promise.all(step().map((one) => one.data()));
    const forms = new Map<string, readonly string[]>();
    observeTunables(step, ({ key, forms: names }) => forms.set(key, names));
    const most = Math.max(...[...forms.values()].map((names) => names.length));
    for (let i = 0; i < most; i++) {
      for (const [key, names] of forms) {
        formsFound(adapter).set(key, names[Math.min(i, names.length - 1)] as string);
      }
      for (const [j, got] of step().entries()) {
        await expectClose(got, want[j] as Float32Array, got.shape, { rtol: 1e-4, atol: 1e-4 });
      }
    }
  });

  test("functions compiled later run the chosen form; unknown names change nothing", async () => {
    const { adapter } = await init();
    const [a, b] = [randomTensor([64, 64]), randomTensor([64, 64], 2)];
    const explained = async (form: string): Promise<string> => {
      formsFound(adapter).set("matmul 1x64x64x64 NN f32", form);
      const product = compile((x: Tensor) => matmul(x, b));
      await product(a).data();
      const text = product.explain();
      product.dispose();
      return text;
    };
    expect(await explained("8x8")).not.toBe(await explained("4x4"));
    forgetTuning();
    expect(await explained("of an earlier version")).toBe(await explained("4x4"));
  });

  test("another form must be worth it", () => {
    expect(fastest({ usual: 1, other: 0.97 }, "usual")).toBe("usual");
    expect(fastest({ usual: 1, other: 0.9, third: 0.8 }, "usual")).toBe("third");
  });

  test("what it cannot use is told", async () => {
    await expect(autotune(() => tensor([1]).add(1))).rejects.toThrow(
      "autotune: run must compute a product or a convolution. Got none that is planned now.",
    );
    const product = compile((x: Tensor) => matmul(x, x));
    product(zeros([4, 4]));
    await expect(autotune(() => product(zeros([4, 4])))).rejects.toThrow("plans nothing again");
    product.dispose();
    const workspace = new MemoryWorkspace();
    for (const text of ["{", "[1]", '{"adapter": {"key": 1}}', '{"adapter": "form"}']) {
      await workspace.write("autotune.json", new TextEncoder().encode(text));
      await expect(loadTuning({ workspace })).rejects.toThrow("autotune.json");
    }
  });
});
