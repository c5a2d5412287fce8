import { describe, expect, test } from "vitest";
import { reported } from "../../src/scenarios/reported.ts";

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe("reported", () => {
  test("yields reports in order, early and late, then returns the result", async () => {
    const run = reported<number, string>(async (report) => {
      report(1);
      report(2);
      await later();
      report(3);
      return "done";
    });
    const seen: unknown[] = [];
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) seen.push(next.value);
    expect([...seen, next.value]).toEqual([1, 2, 3, "done"]);
  });

  test("throws what the work throws, after its reports", async () => {
    const run = reported<number, void>(async (report) => {
      report(1);
      await later();
      throw new Error("broken");
    });
    expect((await run.next()).value).toBe(1);
    await expect(run.next()).rejects.toThrow("broken");
  });
});
