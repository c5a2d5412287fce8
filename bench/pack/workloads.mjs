// What the packed bench measures: matrices and arrays large enough for a GPU, and the training steps.

import { WORKLOADS, isStep, matmul, stream } from "../workloads.mjs";

/** Columns of arrays: rows stay within the workgroups of one dimension. */
const COLUMNS = 4096;

const FULL = { matmuls: [512, 1024, 2048, 4096], millions: [1, 16, 64], steps: () => true };
const SMALL = { matmuls: [128, 256], millions: [1], steps: ({ group }) => group === "tiny" };

const STREAMS = [
  ["relu(x·a+b)", "elementwise", "affine_relu", 2],
  ["sum of all", "reduce", "sum_all", 1],
  ["sum of rows", "reduce", "sum_last", 1],
  ["softmax", "reduce", "softmax", 2],
];

/** @param isSmall  for software adapters, which would take hours for all. */
export function packedWorkloads(isSmall) {
  const { matmuls, millions, steps } = isSmall ? SMALL : FULL;
  const products = matmuls.map((size) => matmul([size, size, size]));
  const streams = STREAMS.flatMap(([name, group, op, passes]) =>
    millions.map((count) => {
      const rows = (count * 1024 * 1024) / COLUMNS;
      return stream(`${name} ${count}M`, { group, op, passes, rows, cols: COLUMNS });
    }),
  );
  const trained = WORKLOADS.filter(isStep).filter(steps);
  return [...products, ...streams, ...trained.map((step) => ({ ...step, group: "steps" }))];
}
