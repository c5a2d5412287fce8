// Reference ops that read and write by index, sort, and scan.

import * as renga from "../../src/index.ts";
import type { ScatterMode, Tensor } from "../../src/index.ts";
import type { Run } from "./run.ts";

const scatter =
  (mode: ScatterMode): Run =>
  ({ x, ids, src, updates }, { axis = 0 }) =>
    renga.scatter(x as Tensor, ids as Tensor, (src ?? updates) as Tensor, {
      axis: axis as number,
      mode,
    });

/** Whole slices by one id each: `x` plus what lands at each id. */
const indexAdd: Run = ({ x, ids, src }, { axis = 0 }) => {
  const [given, at] = [x as Tensor, axis as number];
  return given.add(renga.scatterAdd(src as Tensor, ids as Tensor, at, given.shape[at] as number));
};

const scan =
  (op: typeof renga.cumSum): Run =>
  ({ x }, { axis, exclusive, reverse }) =>
    op(x as Tensor, axis as number, {
      exclusive: exclusive === true,
      reverse: reverse === true,
    });

export const INDEXING: Readonly<Record<string, Run>> = {
  cumsum: scan(renga.cumSum),
  cumprod: scan(renga.cumProd),
  gather_elements: ({ x, ids }, { axis }) =>
    renga.takeAlongAxis(x as Tensor, ids as Tensor, axis as number),
  gather_nd: ({ x, ids }) => renga.gatherND(x as Tensor, ids as Tensor),
  index_add: indexAdd,
  index_select: ({ x, ids }, { axis }) => renga.gather(x as Tensor, ids as Tensor, axis as number),
  scatter_add: scatter("add"),
  scatter_elements: scatter("set"),
  scatter_max: scatter("max"),
  scatter_min: scatter("min"),
  sort: ({ x }, { axis, descending }) => {
    const options = { axis: axis as number, descending: descending === true };
    return { ...renga.sort(x as Tensor, options) };
  },
  bincount: ({ ids, x }, { length, minlength }) =>
    renga.binCount((ids ?? x) as Tensor, (length ?? minlength) as number),
  searchsorted: ({ sorted, x, values, v }, { side }) =>
    renga.searchSorted((sorted ?? x) as Tensor, (values ?? v) as Tensor, {
      side: side === "right" ? "right" : "left",
    }),
  argsort: ({ x }, { axis, descending }) =>
    renga.argSort(x as Tensor, { axis: axis as number, descending: descending === true }),
  top_k: ({ x }, { k, axis, largest = true }) => ({
    ...renga.topK(x as Tensor, k as number, {
      axis: axis as number,
      largest: largest === true,
    }),
  }),
};
