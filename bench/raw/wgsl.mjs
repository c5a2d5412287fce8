// Pieces that the hand-written kernels share. A kernel is { code, grid }: WGSL with all sizes baked
// in, and its workgroups; buffers bind in the order that its comment names them.

export const ceilDiv = (a, b) => Math.ceil(a / b);

/** Text for 0 … count − 1, joined. */
export const repeat = (count, text) => Array.from({ length: count }, (_, i) => text(i)).join("");

/** As `repeat`, with commas between. */
export const list = (count, text) => Array.from({ length: count }, (_, i) => text(i)).join(", ");

export const LANES = "xyzw";

export const READ = "read> @: array<f32>";
export const WRITE = "read_write> @: array<f32>";
export const READ4 = "read> @: array<vec4f>";
export const WRITE4 = "read_write> @: array<vec4f>";

/** Storage buffers by name, in the order of their bindings. */
export function bindings(buffers) {
  return Object.entries(buffers)
    .map(([name, kind], i) => {
      return `@group(0) @binding(${i}) var<storage, ${kind.replace("@", name)};\n`;
    })
    .join("");
}

/** The opening of an entry point that knows its place among all threads as `g`. */
export const perThread = (size) =>
  `@compute @workgroup_size(${size}) fn main(@builtin(global_invocation_id) g: vec3u) {\n`;

/** The opening of an entry point that knows its workgroup `w` and its place `l` in it. */
export const perGroup = (size) =>
  `@compute @workgroup_size(${size}) fn main(@builtin(workgroup_id) w: vec3u,
    @builtin(local_invocation_id) l: vec3u) {\n`;

/** B = A[0 … at), C = A[at …), counted in vec4; at most 256 of them. Buffers A, B, C. */
export function splitAt(at, count) {
  return {
    code: `${bindings({ A: READ4, B: WRITE4, C: WRITE4 })}${perThread(count)}
  if (g.x < ${at}u) { B[g.x] = A[g.x]; } else { C[g.x - ${at}u] = A[g.x]; }
}`,
    grid: [1, 1, 1],
  };
}
