// Einstein summation over matmul.

import { ShapeError, UsageError, shapeText } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { diagonal } from "./arrange.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./sum.ts";
import { reshape, transpose } from "./views.ts";

/** A tensor with a letter for each axis. */
interface Labelled {
  readonly x: Tensor;
  readonly letters: string;
}

/**
 * Sums of products, named by letters: `einsum("bij,bjk->bik", a, b)` is a batched matrix product,
 * `einsum("ii->i", a)` a diagonal, `einsum("ij->j", a)` a sum. Letters that the result lacks are summed
 * over. Without `->` the result has the letters that appear once, in alphabetic order. `...` stands for
 * axes without a letter, the same ones in every operand that has it: `einsum("...ij,...jk->...ik", a, b)`.
 *
 * @throws {ShapeError} if a letter stands for different lengths.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  let [total, ...rest] = operands.map((x, i) => withoutRepeats(x, inputs[i] as string));
  if (total === undefined) throw new UsageError("einsum", "there must be an operand");
  while (rest.length > 0) {
    const [next, ...later] = rest as [Labelled, ...Labelled[]];
    const needed = new Set([...output, ...later.flatMap(({ letters }) => [...letters])]);
    total = contract(total, next, needed);
    rest = later;
  }
  const { x, letters } = sumOut(total, new Set(output));
  return transpose(
    x,
    [...output].map((letter) => letters.indexOf(letter)),
  );
}

function parse(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[]; output: string } {
  const named = withoutDots(equation.replaceAll(" ", ""), operands);
  const [left = "", right, ...more] = named.split("->");
  const inputs = left.split(",");
  const fits = more.length === 0 && inputs.every((letters) => /^[a-zA-Z]*$/.test(letters));
  if (!fits || inputs.length !== operands.length || !/^[a-zA-Z]*$/.test(right ?? "")) {
    throw new UsageError("einsum", "the equation must name the axes of every operand by letters", {
      got: `"${equation}" for ${operands.length} operands`,
      remedy: 'Write for example "bij,bjk->bik".',
    });
  }
  const lengths = new Map<string, number>();
  operands.forEach((x, i) => {
    const letters = inputs[i] as string;
    const isRanked = letters.length === x.rank;
    const clash = [...letters].find((letter, axis) => {
      const length = x.shape[axis] as number;
      const known = lengths.get(letter) ?? length;
      lengths.set(letter, known);
      return known !== length;
    });
    if (isRanked && clash === undefined) return;
    throw new ShapeError("einsum", "every axis must have a letter, and every letter one length", {
      got: `"${letters}" for ${shapeText(x.shape)}`,
      remedy: clash === undefined ? undefined : `"${clash}" was ${lengths.get(clash)} before.`,
    });
  });
  const all = inputs.join("");
  const once = [...new Set(all)].filter((letter) => all.split(letter).length === 2).sort();
  const output = right ?? once.join("");
  const unknown = [...output].find(
    (letter, i) => !all.includes(letter) || output.indexOf(letter) < i,
  );
  if (unknown === undefined) return { inputs, output };
  throw new UsageError("einsum", "the result may have each letter of the operands once", {
    got: `"${unknown}" in "${output}"`,
  });
}

/** `...` replaced by letters that the equation does not use; a missing result begins with them. */
function withoutDots(equation: string, operands: readonly Tensor[]): string {
  if (!equation.includes("...")) return equation;
  const [left = "", right] = equation.split("->");
  const free = [...ALPHABET].filter((letter) => !equation.includes(letter));
  const inputs = left.split(",");
  const counts = inputs.map((letters, i) => {
    return letters.includes("...") ? (operands[i]?.rank ?? 0) - (letters.length - 3) : 0;
  });
  const dots = free.slice(0, Math.max(0, ...counts)).join("");
  const spelled = inputs.map((letters, i) => {
    return letters.replace("...", dots.slice(dots.length - Math.max(0, counts[i] as number)));
  });
  const letters = left.replace(/[^a-zA-Z]/g, "");
  const once = [...letters].filter((letter) => letters.split(letter).length === 2).sort();
  const output = right?.replace("...", dots) ?? dots + once.join("");
  return `${spelled.join()}->${output}`;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Letters that an operand has twice name its diagonal. */
function withoutRepeats(x: Tensor, letters: string): Labelled {
  const twice = [...letters].find((letter, i) => letters.indexOf(letter) < i);
  if (twice === undefined) return { x, letters };
  const [i, j] = [letters.indexOf(twice), letters.lastIndexOf(twice)];
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== i && axis !== j);
  const view = diagonal(transpose(x, [...others, i, j]));
  return withoutRepeats(view, others.map((axis) => letters[axis]).join("") + twice);
}

function sumOut({ x, letters }: Labelled, needed: ReadonlySet<string>): Labelled {
  const gone = [...letters].flatMap((letter, axis) => (needed.has(letter) ? [] : [axis]));
  if (gone.length === 0) return { x, letters };
  return { x: sum(x, gone), letters: [...letters].filter((letter) => needed.has(letter)).join("") };
}

/** Two operands become one, as a batched matrix product. */
function contract(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const inB = new Set(b.letters);
  const first = sumOut(a, new Set([...needed, ...inB]));
  const second = sumOut(b, new Set([...needed, ...first.letters]));
  const both = [...first.letters].filter((letter) => inB.has(letter));
  const batch = both.filter((letter) => needed.has(letter));
  const inner = both.filter((letter) => !needed.has(letter));
  const rows = [...first.letters].filter((letter) => !inB.has(letter));
  const columns = [...second.letters].filter((letter) => !first.letters.includes(letter));
  const lengthOf = (operand: Labelled, letter: string): number =>
    operand.x.shape[operand.letters.indexOf(letter)] as number;
  const arranged = (operand: Labelled, order: readonly (readonly string[])[]): Tensor => {
    const axes = order.flat().map((letter) => operand.letters.indexOf(letter));
    const groups = order.slice(1).map((group) => {
      return group.reduce((size, letter) => size * lengthOf(operand, letter), 1);
    });
    const lead = (order[0] as string[]).map((letter) => lengthOf(operand, letter));
    return reshape(transpose(operand.x, axes), [...lead, ...groups]);
  };
  const shape = [
    ...batch.map((letter) => lengthOf(first, letter)),
    ...rows.map((letter) => lengthOf(first, letter)),
    ...columns.map((letter) => lengthOf(second, letter)),
  ];
  const letters = [...batch, ...rows, ...columns].join("");
  const left = arranged(first, [batch, rows, inner]);
  const right = arranged(second, [batch, inner, columns]);
  const product = inner.length === 0 ? mul(left, right) : matmul(left, right);
  return { x: reshape(product, shape), letters };
}
