// Part of the attention kernels that keep weights: where these lie.

// Vectors from one row of weights to the next.
fn keptPitch() -> u32 {
  return (params.keys + 7u) / 8u * 2u;
}

// The first vector of a row of weights.
fn keptRow(z: u32, row: u32) -> u32 {
  return (z * ((params.queries + 7u) / 8u * 8u) + row) * keptPitch();
}
