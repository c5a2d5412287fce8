// Part of the attention kernels: where a batch item starts.

// The place of an item: outer, middle, inner.
fn placeOf(z: u32) -> vec3<u32> {
  let rest = z / params.inner;
  return vec3<u32>(rest / params.middle, rest % params.middle, z % params.inner);
}

// Where an item starts among what has these strides.
fn startOf(z: u32, strides: vec4<u32>) -> u32 {
  return dot(placeOf(z), strides.xyz);
}

// The first vectors of an item in q, k and v, and its first element in the mask.
fn itemAt(z: u32) -> vec4<u32> {
  let at = placeOf(z);
  return params.offsets + vec4<u32>(dot(at, params.qStrides.xyz), dot(at, params.kStrides.xyz),
                                    dot(at, params.vStrides.xyz), dot(at, params.maskStrides.xyz));
}
