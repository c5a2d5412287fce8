// The MLP with jax-js, the step jitted whole.

import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";

function loss(p, x, y) {
  const first = nn.relu(np.matmul(x, p.w0).add(p.b0));
  const second = nn.relu(np.matmul(first, p.w1).add(p.b1));
  const logits = np.matmul(second, p.w2).add(p.b2);
  return np.mean(np.sum(y.mul(nn.logSoftmax(logits)), -1)).mul(-1);
}

function update(p, g, [m, v]) {
  const [nextP, nextM, nextV] = [{}, {}, {}];
  for (const name in p) {
    const a = m[name].mul(0.9).add(g[name].ref.mul(0.1));
    const b = v[name].mul(0.999).add(np.square(g[name]).mul(0.001));
    [nextM[name], nextV[name]] = [a.ref, b.ref];
    nextP[name] = p[name].sub(a.div(np.sqrt(b).add(1e-7)).mul(1e-3));
  }
  return [nextP, nextM, nextV];
}

export async function train(inputs, labels, steps) {
  await init("webgpu");
  defaultDevice("webgpu");
  const shapes = { w0: [784, 256], b0: [256], w1: [256, 128], b1: [128], w2: [128, 10], b2: [10] };
  let p = Object.fromEntries(Object.entries(shapes).map(([name, s]) => [name, np.zeros(s)]));
  let [m, v] = [0, 0].map(() => tree.map((a) => np.zeros(a.shape), p));
  const step = jit((ps, ms, vs, x, y) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(ps), x, y);
    return [value, ...update(ps, grads, [ms, vs])];
  });
  const x = np.array(inputs).reshape([128, 784]);
  const y = np.array(labels).reshape([128, 10]);
  for (let i = 0; i < steps; i++) {
    let value;
    [value, p, m, v] = step(p, m, v, x.ref, y.ref);
    console.log((await value.data())[0]);
  }
}
