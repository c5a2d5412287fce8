// Stable order of the lines of x[outer, length, inner] along the middle axis, as a bitonic network
// (Batcher 1968) over pairs of a key and a place, in lines padded to a power of two.
//
// `load` makes keys whose unsigned order is the order wanted, with equal keys told apart by place;
// NaN counts as the largest. `localSort` sorts blocks of 512 in workgroup memory; for longer lines
// `globalStep` compares at distances from 512 on and `localMerge` finishes each stage; `store`
// writes the places. The host's prelude declares `fn keyOf(at: u32) -> u32`, which reads x[at].

struct Params {
  outer: u32,
  length: u32,
  inner: u32,
  offset: u32,
  padded: u32,      // length to the next power of two
  stage: u32,
  distance: u32,
  descending: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Scalar>;
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> places: array<u32>;
@group(0) @binding(3) var<storage, read_write> order: array<i32>;
@group(0) @binding(16) var<uniform> params: Params;

var<workgroup> blockKeys: array<u32, 512>;
var<workgroup> blockPlaces: array<u32, 512>;

@compute @workgroup_size(64)
fn load(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  let line = at / params.padded;
  let n = at % params.padded;
  if (line >= params.outer * params.inner) { return; }
  var key = 0xffffffffu;
  if (n < params.length) {
    let start = (line / params.inner) * params.length * params.inner + line % params.inner;
    key = keyOf(params.offset + start + n * params.inner);
    key = select(key, ~key, params.descending == 1u);
  }
  keys[at] = key;
  places[at] = n;
}

// Orders the pair at `low` and `low + distance` of the block.
fn compare(base: u32, low: u32, distance: u32, stage: u32) {
  let high = low + distance;
  let position = (base + low) & (params.padded - 1u);
  let ascending = (position & stage) == 0u;
  let isAfter = blockKeys[low] > blockKeys[high]
    || (blockKeys[low] == blockKeys[high] && blockPlaces[low] > blockPlaces[high]);
  if (isAfter == ascending) {
    let key = blockKeys[low];
    let place = blockPlaces[low];
    blockKeys[low] = blockKeys[high];
    blockPlaces[low] = blockPlaces[high];
    blockKeys[high] = key;
    blockPlaces[high] = place;
  }
}

fn fetch(base: u32, thread: u32, total: u32) {
  for (var i = thread; i < 512u; i += 256u) {
    if (base + i < total) {
      blockKeys[i] = keys[base + i];
      blockPlaces[i] = places[base + i];
    }
  }
}

fn put(base: u32, thread: u32, total: u32) {
  for (var i = thread; i < 512u; i += 256u) {
    if (base + i < total) {
      keys[base + i] = blockKeys[i];
      places[base + i] = blockPlaces[i];
    }
  }
}

@compute @workgroup_size(256)
fn localSort(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
             @builtin(local_invocation_index) thread: u32) {
  let base = (group.x + group.y * grid.x) * 512u;
  let total = params.outer * params.inner * params.padded;
  fetch(base, thread, total);
  workgroupBarrier();
  let last = min(params.padded, 512u);
  for (var stage = 2u; stage <= last; stage *= 2u) {
    for (var distance = stage / 2u; distance > 0u; distance /= 2u) {
      let low = (thread / distance) * distance * 2u + thread % distance;
      compare(base, low, distance, stage);
      workgroupBarrier();
    }
  }
  put(base, thread, total);
}

@compute @workgroup_size(256)
fn localMerge(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
              @builtin(local_invocation_index) thread: u32) {
  let base = (group.x + group.y * grid.x) * 512u;
  let total = params.outer * params.inner * params.padded;
  fetch(base, thread, total);
  workgroupBarrier();
  for (var distance = 256u; distance > 0u; distance /= 2u) {
    let low = (thread / distance) * distance * 2u + thread % distance;
    compare(base, low, distance, params.stage);
    workgroupBarrier();
  }
  put(base, thread, total);
}

@compute @workgroup_size(64)
fn globalStep(@builtin(global_invocation_id) id: vec3<u32>,
              @builtin(num_workgroups) grid: vec3<u32>) {
  let pair = id.x + id.y * grid.x * 64u;
  if (pair >= params.outer * params.inner * params.padded / 2u) { return; }
  let distance = params.distance;
  let low = (pair / distance) * distance * 2u + pair % distance;
  let high = low + distance;
  let ascending = (low & (params.padded - 1u) & params.stage) == 0u;
  let isAfter = keys[low] > keys[high] || (keys[low] == keys[high] && places[low] > places[high]);
  if (isAfter == ascending) {
    let key = keys[low];
    let place = places[low];
    keys[low] = keys[high];
    places[low] = places[high];
    keys[high] = key;
    places[high] = place;
  }
}

@compute @workgroup_size(64)
fn store(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let at = id.x + id.y * grid.x * 64u;
  if (at >= params.outer * params.length * params.inner) { return; }
  let i = at % params.inner;
  let n = (at / params.inner) % params.length;
  let line = at / (params.inner * params.length) * params.inner + i;
  order[at] = i32(places[line * params.padded + n]);
}
