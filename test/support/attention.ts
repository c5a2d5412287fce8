// Attention and its gradients by their definition, in f64.

/** Sizes of a batch of attentions. */
export interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  readonly valueDepth: number;
}

/** What may attend to what, and how much is added to a score; −Infinity forbids. */
export type Bias = (item: number, query: number, key: number) => number;

/** Values and gradients, flat. */
export interface AttentionResult {
  readonly y: Float64Array;
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  readonly dBias: Float64Array;
}

const at = (values: ArrayLike<number>, i: number): number => values[i] as number;

/** softmax(scale · q kᵀ + bias) v and the gradients for dy. */
export function attentionByDefinition(
  { batch, queries, keys, depth, valueDepth }: AttentionSizes,
  [q, k, v, dy]: readonly Float32Array[],
  scale: number,
  bias: Bias,
): AttentionResult {
  const [qs, ks, vs, dys] = [q, k, v, dy] as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const y = new Float64Array(batch * queries * valueDepth);
  const dq = new Float64Array(qs.length);
  const dk = new Float64Array(ks.length);
  const dv = new Float64Array(vs.length);
  const dBias = new Float64Array(batch * queries * keys);
  for (let row = 0; row < batch * queries; row++) {
    const item = Math.floor(row / queries);
    const scores = Array.from({ length: keys }, (_, j) => {
      let product = 0;
      for (let d = 0; d < depth; d++) {
        product += at(qs, row * depth + d) * at(ks, (item * keys + j) * depth + d);
      }
      return scale * product + bias(item, row % queries, j);
    });
    const top = Math.max(...scores);
    if (top === -Infinity || keys === 0) continue;
    const exps = scores.map((score) => Math.exp(score - top));
    const total = exps.reduce((a, b) => a + b, 0);
    const p = exps.map((value) => value / total);
    const dp = p.map((weight, j) => {
      let flow = 0;
      for (let d = 0; d < valueDepth; d++) {
        const [from, to] = [(item * keys + j) * valueDepth + d, row * valueDepth + d];
        y[to] = at(y, to) + weight * at(vs, from);
        dv[from] = at(dv, from) + weight * at(dys, to);
        flow += at(dys, to) * at(vs, from);
      }
      return flow;
    });
    const mean = p.reduce((sum, weight, j) => sum + weight * at(dp, j), 0);
    p.forEach((weight, j) => {
      const ds = weight * (at(dp, j) - mean);
      dBias[row * keys + j] = ds;
      for (let d = 0; d < depth; d++) {
        const [query, key] = [row * depth + d, (item * keys + j) * depth + d];
        dq[query] = at(dq, query) + scale * ds * at(ks, key);
        dk[key] = at(dk, key) + scale * ds * at(qs, query);
      }
    });
  }
  return { y, dq, dk, dv, dBias };
}
