import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import { type Tensor, matmul, tensor } from "../../src/index.ts";
import { expectClose, expectGradients, randomTensor } from "../support/check.ts";

/** Symmetric positive definite matrices. */
function definite(batch: number[], n: number, seed: number): Tensor {
  const a = randomTensor([...batch, n, n], seed);
  return matmul(a, a, { transposeB: true }).add(renga.eye(n));
}

describe("linear algebra", () => {
  test.each([
    [[], 1],
    [[], 2],
    [[3], 5],
    [[2, 2], 17],
    [[1], 70],
  ] as const)("cholesky of %j matrices of size %i", async (batch, n) => {
    const a = definite([...batch], n, 3);
    const l = renga.cholesky(a);
    await expectClose(matmul(l, l, { transposeB: true }), await a.data(), a.shape, {
      rtol: 1e-4,
      atol: 2e-4,
    });
    expect(await renga.triu(l, 1).abs().max().item()).toBe(0);
  });

  test("gradient of cholesky", async () => {
    const symmetric = (a: Tensor): Tensor => a.add(renga.swapAxes(a, -1, -2)).mul(0.5);
    await expectGradients((a) => renga.cholesky(symmetric(a)), [definite([2], 3, 5)]);
    const a = definite([], 3, 6);
    const slope = (x: Tensor): Tensor =>
      renga.grad(() => renga.sum(renga.cholesky(symmetric(x)).square().mul(0.3)), [x])[0] as Tensor;
    await expectGradients(slope, [a]);
  });

  test("triangular systems of every kind", async () => {
    for (const upper of [false, true]) {
      for (const transposed of [false, true]) {
        for (const unitDiagonal of [false, true]) {
          const options = { upper, transposed, unitDiagonal };
          const full = randomTensor([2, 4, 4], 7).add(renga.eye(4).mul(3));
          const b = randomTensor([2, 4, 3], 8);
          const x = renga.triangularSolve(full, b, options);
          const part = upper
            ? renga.triu(full, unitDiagonal ? 1 : 0)
            : renga.tril(full, unitDiagonal ? -1 : 0);
          const t = unitDiagonal ? part.add(renga.eye(4)) : part;
          const back = matmul(t, x, { transposeA: transposed });
          await expectClose(back, await b.data(), b.shape, { rtol: 1e-4, atol: 1e-4 });
          await expectGradients((p, q) => renga.triangularSolve(p, q, options), [full, b]);
        }
      }
    }
  });

  test("leading axes broadcast", async () => {
    const t = renga.eye(3).mul(2);
    const x = renga.triangularSolve(t, randomTensor([5, 3, 1], 2));
    expect(x.shape).toEqual([5, 3, 1]);
    await expectGradients(renga.triangularSolve, [t, randomTensor([5, 3, 1], 2)]);
    expect(renga.cholesky(renga.zeros([0, 2, 2])).shape).toEqual([0, 2, 2]);
  });

  test("einsum", async () => {
    const [a, b] = [randomTensor([2, 3, 4], 1), randomTensor([2, 4, 5], 2)];
    await expectClose(renga.einsum("bij,bjk->bik", a, b), await matmul(a, b).data(), [2, 3, 5]);
    const square = randomTensor([4, 4], 3);
    await expectClose(renga.einsum("ii->i", square), await renga.diagonal(square).data(), [4]);
    await expectClose(renga.einsum("ii->", square), await renga.trace(square).data(), []);
    await expectClose(renga.einsum("ij->j", square), await square.sum(0).data(), [4]);
    await expectClose(renga.einsum("ij->ji", square), await square.transpose().data(), [4, 4]);
    await expectClose(renga.einsum("ab", square), await square.data(), [4, 4]);
    const u = randomTensor([3], 4);
    await expectClose(renga.einsum("i,i", u, u), await u.square().sum().data(), []);
    await expectClose(renga.einsum("i,j->ij", u, u), await renga.outer(u, u).data(), [3, 3]);
    await expectGradients((x, y) => renga.einsum("bij,bjk->ki", x, y), [a, b]);
    await expectGradients(
      (x, y, z) => renga.einsum("abc,cd,ad->b", x, y, z),
      [a, randomTensor([4, 2], 5), randomTensor([2, 2], 6)],
    );
    await expectGradients((x) => renga.einsum("ii->i", x), [square]);
  });

  test("einsum with axes that have no letter", async () => {
    const [a, b] = [randomTensor([2, 3, 4], 1), randomTensor([2, 4, 5], 2)];
    const product = await matmul(a, b).data();
    await expectClose(renga.einsum("...ij,...jk->...ik", a, b), product, [2, 3, 5]);
    await expectClose(renga.einsum("...ij, ...jk", a, b), product, [2, 3, 5]);
    const squares = randomTensor([2, 3, 3], 3);
    await expectClose(
      renga.einsum("...ii -> ...i", squares),
      await renga.diagonal(squares).data(),
      [2, 3],
    );
    await expectClose(renga.einsum("...->...", a), await a.data(), [2, 3, 4]);
    const row = randomTensor([4], 4);
    await expectClose(renga.einsum("...i,i->...", a, row), await a.mul(row).sum(-1).data(), [2, 3]);
    await expectGradients((x, y) => renga.einsum("...ij,...jk->...ki", x, y), [a, b]);
    expect(() => renga.einsum("...ijkl->...", a)).toThrow(/einsum.*every axis/);
    expect(() => renga.einsum("...i->...i...", a)).toThrow(/einsum/);
  });

  test("wrong calls", () => {
    const x = renga.ones([2, 3]);
    expect(() => renga.cholesky(x)).toThrow(/cholesky.*\[2, 3\]/);
    expect(() => renga.triangularSolve(renga.eye(2), tensor([1, 2]))).toThrow(/expandDims/);
    expect(() => renga.triangularSolve(renga.eye(2), renga.ones([3, 1]))).toThrow(/rows|columns/);
    expect(() => renga.einsum("ij,jk->ik", x)).toThrow(/1 operands/);
    expect(() => renga.einsum("ij,jk->ik", x, x)).toThrow(/"j" was 3/);
    expect(() => renga.einsum("ijk->i", x)).toThrow(/einsum/);
    expect(() => renga.einsum("ij->ik", x)).toThrow(/"k"/);
    expect(() => renga.outer(x, x)).toThrow(/outer.*vectors/);
  });
});
