import { describe, expect, test } from "vitest";
import { planMemory, withoutDeadCode } from "../../src/compile/plan.ts";
import type { Block } from "../../src/gpu/buffers.ts";
import { type Command, PlannedBlock } from "../../src/gpu/trace.ts";

const blocks = (count: number): Block[] =>
  Array.from({ length: count }, (_, i) => new PlannedBlock(-1 - i, 1024));

/** A command that reads the first block and writes the second. */
const copy = (source: Block, target: Block): Command => ({
  source,
  from: 0,
  target,
  to: 0,
  bytes: 4,
});

const lasting = { id: 1, size: 1024, kind: "variable" } as Block;

describe("what a captured list needs", () => {
  test("a chain takes two places", () => {
    const chain = blocks(6);
    const commands = chain.slice(1).map((block, i) => copy(chain[i] as Block, block));
    const { places, sizes } = planMemory(commands, new Set(), new Set([chain[5] as Block]));
    expect(sizes).toEqual([1024, 1024]);
    for (const { source, target } of commands as { source: Block; target: Block }[]) {
      expect(places.get(source)).not.toBe(places.get(target));
    }
  });

  test("results and constants share with nobody who comes later", () => {
    const [constant, a, result, b, c] = blocks(5) as [Block, Block, Block, Block, Block];
    const commands = [copy(constant, a), copy(a, result), copy(constant, b), copy(b, c)];
    const { places } = planMemory(commands, new Set([constant]), new Set([result]));
    const own = [places.get(constant), places.get(result)];
    for (const block of [b, c]) expect(own).not.toContain(places.get(block));
    expect(places.get(b)).toBe(places.get(a));
  });

  test("dead commands go, and with them what only they needed", () => {
    const [a, b, c, d] = blocks(4) as [Block, Block, Block, Block];
    const commands = [copy(a, b), copy(b, c), copy(a, d), copy(d, lasting)];
    expect(withoutDeadCode(commands, new Set())).toEqual(commands.slice(2));
    expect(withoutDeadCode(commands, new Set([c]))).toEqual(commands);
  });
});
