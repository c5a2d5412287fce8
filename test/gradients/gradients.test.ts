// Every differentiable function against central differences, over shapes and layouts that hurt.

import { describe, expect, inject, test } from "vitest";
import { type Tensor, sum } from "../../src/index.ts";
import { expectGradients } from "../support/check.ts";
import { LAYOUTS, type Layout, type Row, type Values, operand, parseShapes } from "./case.ts";
import { NOT_DIFFERENTIABLE } from "./notDifferentiable.ts";
import { TABLE } from "./table.ts";
import * as renga from "../../src/index.ts";
import * as losses from "../../src/losses/index.ts";

/** What happens to a result, so that its gradient arrives in row-major order, turned or spread. */
const ENDS: readonly ((y: Tensor) => Tensor)[] = [
  (y) => y,
  (y) => y.transpose(),
  (y) => (y.rank > 0 ? sum(y, 0) : y),
  (y) => y,
];

const valuesOf = ({ values = ["signed"] }: Row, index: number): Values => {
  return values[index] ?? values.at(-1) ?? "signed";
};

async function check(row: Row, text: string): Promise<void> {
  const inputs = parseShapes(text).map((shape, i) => operand(shape, valuesOf(row, i), i));
  await expectGradients(row.f, inputs);
}

/** Each operand through another view, starting with layout `turn`; the result through its end. */
async function checkViews(row: Row, text: string, turn: number): Promise<void> {
  const layouts: readonly Layout[] =
    row.mayRepeat === false ? Object.values(LAYOUTS).slice(0, 3) : Object.values(LAYOUTS);
  const layoutOf = (i: number): Layout => layouts[(turn + i) % layouts.length] as Layout;
  const shapes = parseShapes(text);
  const bases = shapes.map((shape, i) => {
    return operand(layoutOf(i).baseShape(shape), valuesOf(row, i), i);
  });
  const end = ENDS[turn] as (y: Tensor) => Tensor;
  const f = (...given: Tensor[]): Tensor =>
    end(row.f(...given.map((base, i) => layoutOf(i).view(base, shapes[i] ?? []))));
  await expectGradients(f, bases);
}

async function named(name: string, check: Promise<void>): Promise<void> {
  await check.catch((cause: Error) => {
    throw new Error(`${name}: ${cause.message}`, { cause });
  });
}

describe("gradients", () => {
  test.each(Object.entries(TABLE))("%s", async (_, rows) => {
    for (const [i, row] of [rows].flat().entries()) {
      for (const shapes of row.shapes.slice(0, inject("isBrief") ? 1 : undefined))
        await named(`row ${i}, ${shapes}`, check(row, shapes));
      for (let turn = 0; turn < (inject("isBrief") ? 1 : ENDS.length); turn++) {
        await named(`row ${i}, views ${turn}`, checkViews(row, row.shapes[0] ?? "", turn));
      }
    }
  });
});

describe("coverage", () => {
  const exported = Object.keys({ ...renga, ...losses });

  test("every export has a row, or a reason to have none", () => {
    expect(exported.filter((name) => !(name in TABLE) && !(name in NOT_DIFFERENTIABLE))).toEqual(
      [],
    );
  });

  test("no name has both or is gone", () => {
    const listed = [...Object.keys(TABLE), ...Object.keys(NOT_DIFFERENTIABLE)];
    expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });
});
