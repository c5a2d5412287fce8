// Part of the pooling shaders: which elements a window reads, and which windows read an element.
// Vectors hold the batch item (its window is the item itself), then depth, height and width. The
// bool ADAPTIVE tells windows that share the input out from those that step over it.

struct Range {
  first: vec4<i32>,
  end: vec4<i32>,
}

// Part i of `parts` equal ones of an axis, rounded outwards: PyTorch's adaptive windows. Part i of
// the input is read by just those windows that share the output out among the input's elements.
fn share(i: vec4<i32>, lengths: vec4<i32>, parts: vec4<i32>) -> Range {
  let one = vec4<i32>(1);
  return Range(i * lengths / parts, ((i + one) * lengths + parts - one) / parts);
}

// What window o reads: first, first + dilation, … before end.
fn readBy(o: vec4<i32>) -> Range {
  if (ADAPTIVE) { return share(o, params.input, params.output); }
  let one = vec4<i32>(1);
  let start = o * params.stride - params.before;
  let skipped = (max(-start, vec4<i32>()) + params.dilation - one) / params.dilation;
  let end = start + (params.kernel - one) * params.dilation + one;
  return Range(start + skipped * params.dilation, min(end, params.input));
}

// Windows that read element i; where the kernel is dilated, also some that step over it.
fn readersOf(i: vec4<i32>) -> Range {
  if (ADAPTIVE) { return share(i, params.output, params.input); }
  let one = vec4<i32>(1);
  let last = i + params.before;
  let low = max(last - (params.kernel - one) * params.dilation, vec4<i32>());
  let first = (low + params.stride - one) / params.stride;
  return Range(first, min(last / params.stride + one, params.output));
}
