// Part of the pooling and resizing shaders: places in [batch, depth, height, width].

fn placeOf(index: i32, sizes: vec4<i32>) -> vec4<i32> {
  let lines = index / sizes.w;
  let planes = lines / sizes.z;
  return vec4<i32>(planes / sizes.y, planes % sizes.y, lines % sizes.z, index % sizes.w);
}

fn flatten(place: vec4<i32>, sizes: vec4<i32>) -> i32 {
  return ((place.x * sizes.y + place.y) * sizes.z + place.z) * sizes.w + place.w;
}
