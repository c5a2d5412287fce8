// Convolution by its definition, for comparison.

/** A convolution over channels-last data with three spatial axes; absent axes have length 1. */
export interface PlainConvolution {
  readonly batch: number;
  /** Depth, height, width. */
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly output: readonly number[];
  readonly groups: number;
  /** Input and output channels per group. */
  readonly depth: number;
  readonly columns: number;
}

/** Calls `visit` with the places in x, w and y of every product. */
export function eachProduct(
  c: PlainConvolution,
  visit: (x: number, w: number, y: number) => void,
): void {
  const flat = (place: readonly number[], sizes: readonly number[]): number =>
    place.reduce((at, n, i) => at * (sizes[i] as number) + n, 0);
  for (let n = 0; n < c.batch; n++) {
    for (const o of places(c.output)) {
      for (const t of places(c.kernel)) {
        const at = o.map((place, i) => {
          const [stride, dilation] = [c.stride[i] as number, c.dilation[i] as number];
          return place * stride - (c.before[i] as number) + (t[i] as number) * dilation;
        });
        if (at.some((place, i) => place < 0 || place >= (c.input[i] as number))) continue;
        const x = flat([n, ...at], [0, ...c.input]) * c.groups * c.depth;
        const y = flat([n, ...o], [0, ...c.output]) * c.groups * c.columns;
        const w = flat(t, c.kernel) * c.depth * c.groups * c.columns;
        for (let co = 0; co < c.groups * c.columns; co++) {
          const first = Math.floor(co / c.columns) * c.depth;
          for (let ci = 0; ci < c.depth; ci++) {
            visit(x + first + ci, w + ci * c.groups * c.columns + co, y + co);
          }
        }
      }
    }
  }
}

function places([depth, height, width]: readonly number[]): number[][] {
  const list: number[][] = [];
  for (let z = 0; z < (depth as number); z++) {
    for (let y = 0; y < (height as number); y++) {
      for (let x = 0; x < (width as number); x++) list.push([z, y, x]);
    }
  }
  return list;
}
