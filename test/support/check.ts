// Comparing tensors with numbers, and gradients with differences.

import { expect } from "vitest";
import { type Tensor, grad, mul, scope, stack, sum, tensor, zeros } from "../../src/index.ts";
import { HostRandom } from "../../src/tensor/philox.ts";

/** Expects |got − want| ≤ atol + rtol·|want| everywhere, and the same shape. */
export async function expectClose(
  got: Tensor,
  want: ArrayLike<number>,
  shape: readonly number[],
  { rtol = 1e-5, atol = 1e-6 }: { rtol?: number; atol?: number } = {},
): Promise<void> {
  expect(got.shape).toEqual([...shape]);
  const values = await got.data();
  expect(values.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [values[i] as number, want[i] as number];
    const isFine = Object.is(a, b) || a === b || Math.abs(a - b) <= atol + rtol * Math.abs(b);
    if (!isFine && !(Number.isNaN(a) && Number.isNaN(b))) {
      expect.fail(`element ${i} is ${a}, wanted ${b}`);
    }
  }
}

/** Numbers in [low, high), the same for the same arguments. */
export function numbers(count: number, seed = 1, low = -1, high = 1): Float32Array {
  const random = new HostRandom(seed);
  return Float32Array.from({ length: count }, () => random.uniform(low, high));
}

/** A tensor of such numbers. */
export function randomTensor(shape: readonly number[], seed = 1, low = -1, high = 1): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(numbers(size, seed, low, high), { shape });
}

/**
 * Expects ⟨vjp(dy), v⟩ to equal the central difference of ⟨f, dy⟩ along a random direction v, for
 * each input in turn, and each gradient to have the shape of its input. All numbers are read at once.
 */
export async function expectGradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { step = 1e-2, rtol = 2e-2, atol = 2e-3 } = {},
): Promise<void> {
  const dy = randomTensor(f(...inputs).shape, 99);
  const objective = (xs: readonly Tensor[]): Tensor => sum(mul(f(...xs), dy));
  const grads = grad(() => objective(inputs), inputs);
  const found = scope(() =>
    stack(
      inputs.flatMap((x, k) => {
        const v = randomTensor(x.shape, 7 + k);
        const moved = (sign: number): Tensor =>
          objective(inputs.map((y, i) => (i === k ? y.add(v.mul(sign * step)) : y)));
        const gradient = grads[k];
        return [gradient ? sum(mul(gradient, v)) : zeros([]), moved(1), moved(-1)];
      }),
    ),
  );
  inputs.forEach((x, k) => {
    if (grads[k]) expect(grads[k].shape, `shape of gradient ${k}`).toEqual(x.shape);
  });
  const values = await found.data();
  for (let k = 0; k < inputs.length; k++) {
    const [along, up, down] = values.slice(3 * k, 3 * k + 3) as unknown as [number, number, number];
    const difference = (up - down) / (2 * step);
    expect(Math.abs(along - difference), `input ${k}: ${along} against ${difference}`).toBeLessThan(
      atol + rtol * Math.abs(difference),
    );
  }
}
