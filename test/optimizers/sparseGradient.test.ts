import { describe, expect, test } from "vitest";
import { type Tensor, Variable, compile, ones, tensor, zeros } from "../../src/index.ts";
import { Adam, Momentum, SGD, SparseGradient } from "../../src/optimizers/index.ts";

const values = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float32Array)];

const rows = (...indices: number[]): Tensor => tensor(indices, { dtype: "i32" });

describe("sparse gradients", () => {
  test("sum rows that are named twice, and move no others", async () => {
    const table = new Variable(ones([3, 2]));
    const gradient = new SparseGradient(tensor([[1, 2], [3, 4], [5, 6]]), rows(2, 0, 2)); // prettier-ignore
    new SGD({ learningRate: 0.5 }).apply([gradient], [table]);
    expect(await values(table)).toEqual([-0.5, -1, 1, 1, -2, -3]);
  });

  test("leave slots of other rows alone, and other parameters to their own", async () => {
    const [table, bias] = [new Variable(zeros([2, 1])), new Variable(zeros([1]))];
    const momentum = new Momentum({ learningRate: 1, momentum: 0.5 });
    const step = (row: number): void => {
      momentum.apply([new SparseGradient(ones([1, 1]), rows(row)), ones([1])], [table, bias]);
    };
    step(0);
    step(1);
    step(1);
    expect(await values(table)).toEqual([-1, -2.5]);
    expect(await values(bias)).toEqual([-(1 + 1.5 + 1.75)]);
  });

  test("work in compiled steps", async () => {
    const make = (): { table: Variable; step: (i: Tensor) => void } => {
      const table = new Variable(ones([3, 2]));
      const adam = new Adam({ learningRate: 0.1 });
      const step = (i: Tensor): void => adam.apply([new SparseGradient(ones([1, 2]), i)], [table]);
      return { table, step };
    };
    const [eager, other] = [make(), make()];
    const compiled = compile(other.step);
    for (const row of [0, 1, 1]) {
      eager.step(rows(row));
      compiled(rows(row));
    }
    expect(await values(other.table)).toEqual(await values(eager.table));
    expect((await values(eager.table)).slice(4)).toEqual([1, 1]);
    compiled.dispose();
  });

  test("must fit", () => {
    const table = new Variable(ones([3, 2]));
    expect(() => new SparseGradient(ones([2, 2]), rows(0))).toThrow(/an index per row/);
    const wrong = new SparseGradient(ones([1, 3]), rows(0));
    const sgd = new SGD({ learningRate: 1 });
    expect(() => sgd.apply([wrong], [table])).toThrow(/shape but for the rows/);
  });
});
