// Part of the attention kernels without barriers: 4 × 4 blocks in registers. A block
// keeps its thread's rows as columns, and the four it meets in this step as their components.

// Where four rows start; rows behind the last one read the last one.
fn rowsAt(base: u32, first: u32, count: u32, stride: u32) -> vec4<u32> {
  return base + min(first + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(count - 1u)) * stride;
}

// Every column times its own factor.
fn scaled(tile: mat4x4<f32>, factors: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(tile[0] * factors.x, tile[1] * factors.y, tile[2] * factors.z,
                     tile[3] * factors.w);
}
