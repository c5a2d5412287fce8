// Every module through the same checks.

import { describe, expect, test } from "vitest";
import {
  type Tensor,
  assign,
  compile,
  scope,
  setSeed,
  valueAndGrad,
  zeros,
} from "../../src/index.ts";
import * as nn from "../../src/nn/index.ts";
import { expectClose, expectGradients } from "../support/check.ts";
import { OTHERS, PARTS, ROWS, type Row, SIZES, STATISTICS, plainly } from "./rows.ts";

/** A module that has seen its input. */
function built({ make, input, call = plainly }: Row): { module: nn.Module; x: Tensor; y: Tensor } {
  setSeed(5);
  const [module, x] = [make(), input()];
  return { module, x, y: call(module, x) };
}

const described = (module: nn.Module): string[] =>
  nn.allVariables(module).map(({ name, shape, trainable }) => {
    return `${name} ${shape.join()}${trainable ? "" : " fixed"}`;
  });

const bytes = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

describe.each(Object.entries(ROWS))("%s", (_, row) => {
  const call = row.call ?? plainly;

  test("has its shape and variables, and a second call makes none", () => {
    const { module, x, y } = built(row);
    expect(y.shape).toEqual([...row.shape]);
    if (row.variables !== undefined) expect(described(module)).toEqual([...row.variables]);
    const before = nn.allVariables(module);
    call(module, x);
    expect(nn.allVariables(module)).toEqual(before);
    if (row.variables?.length === 0) expect(() => module.variables).toThrow(/no variables yet/);
  });

  test("has gradients", async () => {
    const { module, x } = built(row);
    const sources = nn.allVariables(module).filter(({ trainable }) => trainable);
    if (sources.length > 0) {
      const { grads } = valueAndGrad(() => call(module, x).square().sum(), sources);
      for (const [i, gradient] of grads.entries()) {
        // A loss of the quantized vectors alone does not reach the codebook.
        if (sources[i]?.name === "vector_quantizer/embeddings") continue;
        expect(gradient?.shape, sources[i]?.name).toEqual(sources[i]?.shape);
      }
    }
    if (x.dtype !== "f32" || row.isSmooth === false) return;
    await expectGradients((input) => call(module, input as Tensor), [x]);
  });

  test("gives the same bits through a getter, in a renamed copy, and when compiled", async () => {
    const { module, x, y } = built(row);
    const elsewhere = <T>(body: () => T): T => nn.withNameScope("copy/", body);
    const other = nn.copyModule(
      module,
      () => elsewhere(row.make),
      (copy) => elsewhere(() => call(copy, x)),
    );
    expect(described(other)).toEqual(described(module).map((text) => `copy/${text}`));
    const wanted = await bytes(y);
    const same = (variable: Tensor): Tensor => variable.mul(1);
    const seen = nn.customVariableGetter(same, () => call(module, x));
    expect(await bytes(seen)).toEqual(wanted);
    expect(await bytes(call(other, x))).toEqual(wanted);
    for (const one of nn.allVariables(other)) assign(one, zeros(one.shape, one.dtype));
    expect(await bytes(call(module, x))).toEqual(wanted);
    const compiled = compile((input: Tensor) => call(module, input));
    for (let i = 0; i < 2; i++) await expectClose(compiled(x), wanted, row.shape);
    compiled.dispose();
  });
});

test("the table has every module", () => {
  const modules = Object.entries(nn).filter(([, value]) => {
    return typeof value === "function" && /^(abstract )?class/.test(String(value));
  });
  const names = [...Object.keys(ROWS), ...STATISTICS, ...OTHERS, ...PARTS, ...SIZES];
  expect(names.sort()).toEqual(modules.map(([name]) => name).sort());
});

test("a module's first call may be in a compiled function", async () => {
  const { make, input, shape } = ROWS.Conv2D as Row;
  const module = make();
  const step = compile((x: Tensor) => plainly(module, x));
  const [x, first] = [input(), step(input())];
  await expectClose(first, (await plainly(module, x).data()) as Float32Array, shape);
  scope(() => expect(module.variables).toHaveLength(2));
  step.dispose();
});
