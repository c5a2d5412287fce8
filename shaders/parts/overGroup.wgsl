// Sum and maximum over the 64 threads of a workgroup; all of them call and get the result.

var<workgroup> shares: array<f32, 64>;

fn sumOverGroup(thread: u32, value: f32) -> f32 {
  shares[thread] = value;
  workgroupBarrier();
  for (var step = 32u; step > 0u; step /= 2u) {
    if (thread < step) { shares[thread] += shares[thread + step]; }
    workgroupBarrier();
  }
  let sum = shares[0];
  workgroupBarrier();  // everyone has read the sum before the next call overwrites it
  return sum;
}

fn maxOverGroup(thread: u32, value: f32) -> f32 {
  shares[thread] = value;
  workgroupBarrier();
  for (var step = 32u; step > 0u; step /= 2u) {
    if (thread < step) { shares[thread] = max(shares[thread], shares[thread + step]); }
    workgroupBarrier();
  }
  let largest = shares[0];
  workgroupBarrier();  // everyone has read the maximum before the next call overwrites it
  return largest;
}
