// Cases whose outputs are themselves gradients.

import * as renga from "../../src/index.ts";
import { type Tensor, grad, sum } from "../../src/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { SECOND_CONVOLUTIONS, convPenalty } from "./convolutionSecond.ts";
import type { Run } from "./run.ts";
import { PENALTIES } from "./penalties.ts";
import { SECOND_ORDER_POOLING } from "./pooling.ts";

/** g = d⟨f(x), v⟩/dx. */
const gradOf =
  (f: (x: Tensor) => Tensor): Run =>
  ({ x, v }) => {
    const [g] = grad(() => sum(f(x as Tensor).mul(v as Tensor)), [x as Tensor]);
    return { g: g as Tensor };
  };

/** ga, gb = d⟨f(a, b), v⟩/d(a, b). */
const gradOfTwo =
  (f: (a: Tensor, b: Tensor) => Tensor): Run =>
  ({ a, b, v }) => {
    const loss = (): Tensor => sum(f(a as Tensor, b as Tensor).mul(v as Tensor));
    const [ga, gb] = grad(loss, [a as Tensor, b as Tensor]);
    return { ga: ga as Tensor, gb: gb as Tensor };
  };

/** The tanh network of the cases, 4-7-3. */
function logitsOf(x: Tensor, [w1, b1, w2, b2]: readonly Tensor[]): Tensor {
  const hidden = renga
    .matmul(x, w1 as Tensor)
    .add(b1 as Tensor)
    .tanh();
  return renga.matmul(hidden, w2 as Tensor).add(b2 as Tensor);
}

const parameters = (x: Readonly<Record<string, Tensor>>): Tensor[] => {
  return [x.w1, x.b1, x.w2, x.b2] as Tensor[];
};

const hessianVectorProduct: Run = (x) => {
  const names = ["w1", "b1", "w2", "b2"];
  const weights = parameters(x);
  const loss = (): Tensor => crossEntropy(logitsOf(x.x as Tensor, weights), x.y as Tensor);
  const product = (): Tensor => {
    const terms = grad(loss, weights).map((g, i) => {
      return sum((g as Tensor).mul(x[`v_${names[i]}`] as Tensor));
    });
    return terms.reduce((a, b) => a.add(b));
  };
  const hv = grad(product, weights);
  return Object.fromEntries(names.map((name, i) => [`hv_${name}`, hv[i] as Tensor]));
};

/** J[b, o, i] = d logits[b, o] / d x[b, i], a row of outputs at a time. */
const jacobian: Run = (p) => {
  const x = p.x as Tensor;
  const rows = Array.from({ length: (p.w2 as Tensor).shape[1] as number }, (_, o) => {
    const [row] = grad(() => sum(logitsOf(x, parameters(p)).slice([null, o])), [x]);
    return row as Tensor;
  });
  return { J: renga.stack(rows, 1) };
};

const maml: Run = (x, { inner_lr: rate, inner_steps: steps }) => {
  let weights = parameters(x);
  for (let i = 0; i < (steps as number); i++) {
    const now = weights;
    const inner = (): Tensor => crossEntropy(logitsOf(x.x as Tensor, now), x.y as Tensor);
    const grads = grad(inner, now);
    weights = now.map((w, k) => w.sub((grads[k] as Tensor).mul(rate as number)));
  }
  return crossEntropy(logitsOf(x.xq as Tensor, weights), x.yq as Tensor);
};

const thirdDerivative: Run = ({ x }) => {
  const at = x as Tensor;
  const total = (): Tensor => {
    return sum(at.tanh().add(renga.sin(at)).add(at.exp().mul(at)).add(at.softplus()));
  };
  const derive = (f: () => Tensor) => (): Tensor => grad(f, [at])[0] as Tensor;
  const d1 = derive(total);
  const d2 = derive(() => sum(d1()));
  const d3 = derive(() => sum(d2()));
  return { d1: d1(), d2: d2(), d3: d3() };
};

/** Second-order cases by name. */
export const SECOND_ORDER: Readonly<Record<string, Run>> = {
  ...SECOND_ORDER_POOLING,
  ...SECOND_CONVOLUTIONS,
  grad_of_abs: gradOf(renga.abs),
  grad_of_cos: gradOf(renga.cos),
  grad_of_elu: gradOf((x) => renga.elu(x)),
  grad_of_exp: gradOf(renga.exp),
  grad_of_gelu: gradOf((x) => renga.gelu(x)),
  grad_of_gelu_tanh: gradOf((x) => renga.gelu(x, { approximate: "tanh" })),
  grad_of_batch_norm_train: gradOf((x) => renga.batchNorm(x).y),
  grad_of_instance_norm: gradOf((x) => renga.instanceNorm(x, { dataFormat: "NCHW" })),
  grad_of_layer_norm: gradOf((x) => renga.layerNorm(x)),
  grad_of_leaky_relu: gradOf((x) => renga.leakyRelu(x, { alpha: 0.2 })),
  grad_of_log: gradOf(renga.log),
  grad_of_logsumexp: gradOf((x) => renga.logSumExp(x, -1)),
  grad_of_pow3: gradOf((x) => renga.pow(x, 3)),
  grad_of_reciprocal: gradOf(renga.reciprocal),
  grad_of_relu: gradOf(renga.relu),
  grad_of_rsqrt: gradOf(renga.rsqrt),
  grad_of_sigmoid: gradOf(renga.sigmoid),
  grad_of_silu: gradOf(renga.silu),
  grad_of_sin: gradOf(renga.sin),
  grad_of_softmax: gradOf((x) => renga.softmax(x)),
  grad_of_softplus: gradOf(renga.softplus),
  grad_of_sqrt: gradOf(renga.sqrt),
  grad_of_square: gradOf(renga.square),
  grad_of_tanh: gradOf(renga.tanh),
  grad_of_div: gradOfTwo(renga.div),
  grad_of_pow: gradOfTwo(renga.pow),
  grad_of_mul_broadcast: gradOfTwo(renga.mul),
  grad_of_matmul: gradOfTwo((a, b) => renga.matmul(a, b)),
  grad_of_batched_matmul: gradOfTwo((a, b) => renga.matmul(a, b)),
  grad_of_matmul_tb: gradOfTwo((a, b) => renga.matmul(a, b, { transposeB: true }).tanh()),
  grad_of_matmul_tanh: gradOfTwo((a, b) => renga.matmul(a, b).tanh()),
  grad_of_softmax_cross_entropy: ({ logits, labels }) => {
    const loss = (): Tensor => crossEntropy(logits as Tensor, labels as Tensor);
    return { g: grad(loss, [logits as Tensor])[0] as Tensor };
  },
  grad_of_concat_split: gradOf((x) => {
    const [left, right] = renga.split(x, [2, 3], 1) as [Tensor, Tensor];
    return renga.concat([left.square(), right.exp()], 1);
  }),
  grad_of_cumsum_sq: gradOf((x) => renga.cumSum(x, 1).square()),
  grad_of_embedding: ({ w, ids, v }) => {
    const loss = (): Tensor => {
      return sum(
        renga
          .gather(w as Tensor, ids as Tensor)
          .pow(3)
          .mul(v as Tensor),
      );
    };
    return { g: grad(loss, [w as Tensor])[0] as Tensor };
  },
  grad_of_max_times: gradOf((x) => renga.max(x, 1).square()),
  grad_of_norm_l2: gradOf((x) => renga.norm(x, 1)),
  grad_of_outer_sum_sq: gradOfTwo((a, b) => a.expandDims(1).add(b).square()),
  grad_of_pad_slice_sq: gradOf((x) => {
    const padded = renga.pad(x, [
      [1, 1],
      [2, 1],
    ]);
    return padded.slice([[1, 4], { start: 2 }]).square();
  }),
  grad_of_transpose_reshape_sq: gradOf((x) => x.mul(x.transpose().reshape(x.shape)).square()),
  grad_of_var: gradOf((x) => renga.variance(x, 1)),
  grad_of_where: gradOf((x) => renga.where(x.greater(0), x.square(), x.exp())),
  ...PENALTIES,
  jacobian,
  hessian_vector_product: hessianVectorProduct,
  maml,
  gradient_penalty: (x, attrs) => (x.eps ? PENALTIES.gradient_penalty : convPenalty)?.(x, attrs),
  third_derivative: thirdDerivative,
};
