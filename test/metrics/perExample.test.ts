import { expect, test } from "vitest";
import { type Tensor, equal, sub, tensor } from "../../src/index.ts";
import { PerExample } from "../../src/metrics/index.ts";

test("PerExample keeps a number for each example, and their mean", async () => {
  const error = new PerExample("error", (outputs, labels) => sub(outputs, labels).abs());
  expect(await error.result()).toBeNaN();
  error.update(tensor([1, 2, 3]), tensor([1, 0, 4]));
  error.update(tensor([5]), tensor([-2]));
  expect(error.name).toBe("error");
  expect([...(await error.details()).values]).toEqual([0, 2, 1, 7]);
  expect(await error.result()).toBe(2.5);
  error.reset();
  error.update(tensor([1]), tensor([2]));
  expect([...(await error.details()).values]).toEqual([1]);
  const right = new PerExample("right", equal);
  right.update(tensor([1, 2, 3]), tensor([1, 0, 3]));
  expect([...(await right.details()).values]).toEqual([1, 0, 1]);
});

test("PerExample takes numbers per example alone", () => {
  const outputs = tensor([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  for (const measure of [(x: Tensor) => x, (x: Tensor) => x.mean(), (x: Tensor) => x.sum(0)]) {
    expect(() => new PerExample("wrong", measure).update(outputs, outputs)).toThrow(
      /PerExample: wrong must be a number per example. Got .* for 2 examples/,
    );
  }
});
