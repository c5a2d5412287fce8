// Sum and maximum over the 64 threads of a workgroup, as overGroup.wgsl has them, where the adapter
// has subgroups: sums inside these first, then of the few that there are.
//
// src/gpu/features.ts has made sure that subgroups are threads in a row, all of them active.

var<workgroup> shares: array<f32, 64>;

fn sumOverGroup(thread: u32, value: f32) -> f32 {
  let own = subgroupAdd(value);
  let size = subgroupAdd(1u);
  if (thread % size == 0u) { shares[thread / size] = own; }
  workgroupBarrier();
  var sum = shares[0];
  for (var i = 1u; i < 64u / size; i++) { sum += shares[i]; }
  workgroupBarrier();  // everyone has read the shares before the next call overwrites them
  return sum;
}

fn maxOverGroup(thread: u32, value: f32) -> f32 {
  let own = subgroupMax(value);
  let size = subgroupAdd(1u);
  if (thread % size == 0u) { shares[thread / size] = own; }
  workgroupBarrier();
  var largest = shares[0];
  for (var i = 1u; i < 64u / size; i++) { largest = max(largest, shares[i]); }
  workgroupBarrier();  // everyone has read the shares before the next call overwrites them
  return largest;
}
