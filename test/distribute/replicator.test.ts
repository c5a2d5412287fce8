import { describe, expect, test } from "vitest";
import { type Tensor, Variable, assign, tensor, zeros } from "../../src/index.ts";
import { ReplicaError, Replicator, memoryTransports } from "../../src/distribute/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { trainReplica, trainWhole } from "./program.ts";

/** Two replicas in this program; quick to notice that one is missing. */
const pair = (timeout = 5000): [Replicator, Replicator] => {
  return memoryTransports(2, { timeout }).map((one) => new Replicator(one)) as never;
};

const values = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe("two replicas", () => {
  test.each([true, false])("with half of each batch learn as one (compiled: %s)", async (how) => {
    const whole = await trainWhole();
    const [a, b] = await Promise.all(memoryTransports(2).map((one) => trainReplica(one, how)));
    expect(a).toEqual(b);
    const near = (list: readonly number[]) => list.map((x) => expect.closeTo(x, 6));
    expect(a).toEqual({ losses: near(whole.losses), values: near(whole.values) });
    expect(whole.losses[2]).not.toBeCloseTo(whole.losses[0] as number, 2);
  });
});

describe("allReduce", () => {
  test("reduces in the order of the ranks, in f32 and in integers", async () => {
    const replicators = memoryTransports(3).map((one) => new Replicator(one));
    // 1 + 2⁻²⁴ is 1 in f32, and stays so; the other order would give more.
    const floats = [1, 2 ** -24, 2 ** -24];
    const results = await Promise.all(
      replicators.map(async (replicator, i) => {
        const x = [tensor([floats[i] as number, i]), tensor(Int32Array.of(i - 1))];
        const [sum, whole] = await replicator.allReduce("sum", x);
        const [mean] = await replicator.allReduce("mean", x.slice(0, 1));
        const [most] = await replicator.allReduce("max", x.slice(1));
        const [least] = await replicator.allReduce("min", x);
        return Promise.all([sum, whole, mean, most, least].map((y) => values(y as Tensor)));
      }),
    );
    const wanted = [[1, 3], [0], [Math.fround(1 / 3), 1], [1], [2 ** -24, 0]];
    expect(results).toEqual([wanted, wanted, wanted]);
  });

  test("calls that overlap are rounds in the order of the calls", async () => {
    const [a, b] = pair();
    const both = async (one: Replicator, x: number): Promise<number[]> => {
      const rounds = [x, 10 * x].map((y) => one.allReduce("sum", [tensor(y)]));
      const sums = await Promise.all(rounds);
      return Promise.all(sums.map(([sum]) => (sum as Tensor).item()));
    };
    expect(await Promise.all([both(a, 1), both(b, 2)])).toEqual([
      [3, 30],
      [3, 30],
    ]);
  });
});

test("broadcast gives all replicas the values of one", async () => {
  const [a, b] = pair();
  const make = (start: number): Variable[] => [
    new Variable(tensor([start, start + 1, start + 2])),
    new Variable(tensor(Int32Array.of(start))),
    new Variable(tensor([start > 1, true, false])),
  ];
  const [first, second] = [make(1), make(5)];
  await Promise.all([a.broadcast(first, { from: 1 }), b.broadcast(second, { from: 1 })]);
  for (const [i, wanted] of [[5, 6, 7], [5], [1, 1, 0]].entries()) {
    expect(await values(first[i] as Variable)).toEqual(wanted);
    expect(await values(second[i] as Variable)).toEqual(wanted);
  }
});

test("partOf gives each replica its rows", () => {
  const [, b] = pair();
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const part = b.partOf({ x: { dtype: "f32", shape: [4, 2], data } });
  expect(part.x).toEqual({ dtype: "f32", shape: [2, 2], data: Float32Array.of(5, 6, 7, 8) });
  const odd = { x: { dtype: "f32", shape: [1, 8], data } } as const;
  expect(() => b.partOf(odd)).toThrow(/as many examples for each replica. Got 1 in x for 2/);
});

describe("wrong replicas", () => {
  const failures = async (runs: readonly Promise<unknown>[]): Promise<string[]> => {
    const results = await Promise.allSettled(runs);
    return results.map((one) => (one.status === "rejected" ? String(one.reason) : "fine"));
  };

  test("that bring other tensors, variables or gradients are told on all of them", async () => {
    const [a, b] = pair();
    const found = await failures([
      a.allReduce("mean", [zeros([2, 3])]),
      b.allReduce("mean", [zeros([2, 4])]),
    ]);
    expect(found[0]).toBe(
      "ReplicaError: exchange: all replicas must do the same. Got mean of f32[2,3] here and mean of " +
        "f32[2,4] of replica 1. Give them the same model and batches of one size.",
    );
    expect(found[1]).toMatch(/mean of f32\[2,4\] here and mean of f32\[2,3\] of replica 0/);

    const [c, d] = pair();
    const [v, w] = [new Variable(zeros([2])), new Variable(zeros([3]))];
    const steps = [c.minimize(new SGD({ learningRate: 1 }), () => v.sum(), [v]), d.broadcast([w])];
    expect((await failures(steps))[0]).toMatch(
      /gradients of \[2\] here and values of 0 for f32\[3\]/,
    );
    expect(await values(v)).toEqual([0, 0]);
  });

  test("that throw, leave or do not answer are told on the others", async () => {
    const [a, b] = pair();
    const runs = [
      a.run(async () => {
        await a.allReduce("sum", [tensor(1)]);
        await a.allReduce("sum", [tensor(1)]);
      }),
      b.run(async () => {
        await b.allReduce("sum", [tensor(1)]);
        throw new Error("no more memory");
      }),
    ];
    expect(await failures(runs)).toEqual([
      "ReplicaError: exchange: every replica must take part. Got replica 1 gone: no more memory. " +
        "Start all of them again, from a checkpoint.",
      "Error: no more memory",
    ]);
    const [c, d] = pair();
    d.close();
    await expect(c.broadcast([])).rejects.toThrow(/replica 1 gone: it was closed/);
    await expect(c.broadcast([])).rejects.toThrow(/replica 0 gone: exchange: every replica/);
    const [e] = pair(20);
    await expect(e.broadcast([])).rejects.toThrow(/no answer of replica 1 in 0.02 s/);
    await expect(e.broadcast([])).rejects.toThrow(ReplicaError);
  });

  test("that cannot be are refused", async () => {
    const alone = (): Replicator => new Replicator(memoryTransports(1)[0] as never);
    const integer = tensor(Int32Array.of(1));
    await expect(alone().allReduce("mean", [integer])).rejects.toThrow(
      /a mean is of floats. Got i32/,
    );
    await expect(alone().allReduce("sum", [tensor([true])])).rejects.toThrow(/bools have no sum/);
    await expect(alone().broadcast([], { from: 1 })).rejects.toThrow(/from must be a rank. Got 1/);
    const v = new Variable(zeros([1]));
    assign(v, tensor([2]));
    const loss = await alone().minimize(new SGD({ learningRate: 1 }), () => v.square().sum(), [v]);
    expect([loss, ...(await values(v))]).toEqual([4, -2]);
  });
});
