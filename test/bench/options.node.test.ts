import { describe, expect, test } from "vitest";
import { readOptions } from "../../bench/options.mjs";
import { GROUPS } from "../../bench/workloads.mjs";

describe("options of the bench", () => {
  test("a plain run is whole", () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ isWhole: true, host: "chromium", rounds: 5, write: false });
    expect(options.groups).toEqual(GROUPS);
  });

  test.each([
    ["--only", "mlp"],
    ["--libs", "raw"],
    ["--phases", "time"],
    ["--host", "deno"],
  ])("%s makes it a part", (option, value) => {
    expect(readOptions([option, value]).isWhole).toBe(false);
  });

  test.each([
    ["--only", "mlp,mpl", "mpl. Known: matmul, "],
    ["--only", "", "nothing. Known: "],
    ["--libs", "jax", "jax. Known: raw, renga-compiled, "],
    ["--phases", "tine", "tine. Known: check, time, "],
    ["--host", "safari", "safari. Known: chromium, deno, node."],
    ["--rounds", "0", "must be a number above 0. Got 0."],
    ["--round", "1", "Known: --only, "],
  ])("%s %s is refused with what is known", (option, value, message) => {
    expect(() => readOptions([option, value])).toThrow(message);
  });
});
