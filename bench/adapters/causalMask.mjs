// The mask of causal attention for libraries that have no such option.

/** [T, T]: 0 where a place may look, −1e9 above the diagonal. */
export function causalMask(T) {
  const mask = new Float32Array(T * T);
  for (let i = 0; i < T; i++) mask.fill(-1e9, i * T + i + 1, (i + 1) * T);
  return mask;
}
