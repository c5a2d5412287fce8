// Data in the layouts of libraries that want channels before rows: moved once, before anything is
// timed.

/** `data` of `shape` with its axes in the order `axes`. */
export function permute(data, shape, axes) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
  const sizes = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => strides[axis]);
  const moved = new Float32Array(data.length);
  const place = sizes.map(() => 0);
  let from = 0;
  for (let i = 0; i < moved.length; i++) {
    moved[i] = data[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++place[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      place[axis] = 0;
    }
  }
  return moved;
}

export const toChannelsFirst = (data, [n, h, w, c]) => permute(data, [n, h, w, c], [0, 3, 1, 2]);
export const toChannelsLast = (data, [n, c, h, w]) => permute(data, [n, c, h, w], [0, 2, 3, 1]);

/** Filters from [height, width, in, out] to [out, in, height, width], and back. */
export const toOutputFirst = (data, shape) => permute(data, shape, [3, 2, 0, 1]);
export const toOutputLast = (data, shape) => permute(data, shape, [2, 3, 1, 0]);
