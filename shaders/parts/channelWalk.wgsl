// Part of the channel norms: which elements of a channel a thread takes.
//
// x is [items, length, channels], or [items, channels, length] with CHANNELS_FIRST; `length` is cut
// into splits. Neighbouring threads read neighbouring Values: channels last they are neighbouring
// channels and a split is a run of positions; channels first they are neighbouring splits and a
// split is every splits-th position. Params have
//
//   sizes  items, length, channels, splits; in Values
//   chunk  positions of a run

struct Walk {
  item: u32,
  channel: u32,
  split: u32,
  at: u32,     // index of its first Value
  step: u32,   // from one of its Values to the next
  count: u32,  // its Values
}

fn countOf(split: u32) -> u32 {
  let length = params.sizes.y;
  if (CHANNELS_FIRST) { return (length + params.sizes.w - 1u - split) / params.sizes.w; }
  return min(params.chunk, length - min(length, split * params.chunk));
}

fn walkOf(thread: u32) -> Walk {
  let items = params.sizes.x;
  let length = params.sizes.y;
  let channels = params.sizes.z;
  let splits = params.sizes.w;
  if (CHANNELS_FIRST) {
    let split = thread % splits;
    let row = thread / splits;
    return Walk(row / channels, row % channels, split, row * length + split, splits,
                countOf(split));
  }
  let channel = thread % channels;
  let run = thread / channels;
  let split = run % splits;
  let item = run / splits;
  let at = (item * length + split * params.chunk) * channels + channel;
  return Walk(item, channel, split, at, channels, countOf(split));
}

fn threadCount() -> u32 {
  return params.sizes.x * params.sizes.z * params.sizes.w;
}

// Where a thread leaves what it found, in [splits, items, channels].
fn partialOf(walk: Walk) -> u32 {
  return (walk.split * params.sizes.x + walk.item) * params.sizes.z + walk.channel;
}
