// The convolution kernels that GPUs get, run here whatever the adapter is.

import { describe, expect, test } from "vitest";
import { init } from "../../src/index.ts";
import { CONVOLUTIONS, expectConvolution } from "./convTable.ts";
import { takeAdapterFor } from "../support/classes.ts";

takeAdapterFor("gpu");

describe("convolutions in tiles", () => {
  test.each(CONVOLUTIONS)("%s", async (...row) => expectConvolution(row));

  test("large tiles, and a filter gradient in splits", async () => {
    await expectConvolution(["", [2, 64, 66], [1, 2], [8, 33], {}]);
    await expectConvolution(["", [1, 96, 86], [1, 2], [33, 65], {}]);
    expect((await init()).adapterClass).toBe("gpu");
  });
});
