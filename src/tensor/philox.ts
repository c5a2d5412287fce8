// Philox 4x32-10 on the host: the same numbers as shaders/random.wgsl, for shuffling and drawing.
// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".

/** High word of a · b. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle % 65536);
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536);
}

/** Four random words from a counter of four words and a key of two. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array<ArrayBuffer> {
  let [x, y, z, w] = counter;
  let [k, l] = key;
  for (let round = 0; round < 10; round++) {
    const first = multiplyHigh(0xd2511f53, x);
    const second = multiplyHigh(0xcd9e8d57, z);
    const nextY = Math.imul(0xcd9e8d57, z) >>> 0;
    const nextW = Math.imul(0xd2511f53, x) >>> 0;
    x = (second ^ y ^ k) >>> 0;
    z = (first ^ w ^ l) >>> 0;
    y = nextY;
    w = nextW;
    k = (k + 0x9e3779b9) >>> 0;
    l = (l + 0xbb67ae85) >>> 0;
  }
  return Uint32Array.of(x, y, z, w);
}

/** Where a random sequence stands; plain JSON. */
export interface RandomState {
  readonly seed: number;
  readonly stream: number;
  readonly position: number;
}

/** The words of a sequence from `position` on, the next one at each call. */
export function wordsOf(seed: number, stream: number, position = 0): () => number {
  let next = position;
  let words: Uint32Array | undefined;
  return () => {
    const lane = next % 4;
    if (lane === 0 || words === undefined) {
      words = philox([(next - lane) / 4, 0, stream, 1], [seed, 0]);
    }
    next++;
    return words[lane] as number;
  };
}

/** A word as a number in [0, 1), with 24 bits. */
const fraction = (word: number): number => (word >>> 8) * 2 ** -24;

/** 0 … n − 1 in the order that random words give (Fisher and Yates' shuffle). */
export function shuffled(n: number, next: () => number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(fraction(next()) * (i + 1));
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  return order;
}

/** Seeded random numbers on the host. Each (seed, stream) is a sequence of its own. */
export class HostRandom {
  readonly seed: number;
  readonly stream: number;
  /** A uniform 32-bit word. */
  readonly u32: () => number;
  #position: number;

  /** @param position  words of the sequence to pass over. */
  constructor(seed: number, stream = 0, position = 0) {
    this.seed = seed;
    this.stream = stream;
    this.#position = position;
    const next = wordsOf(seed, stream, position);
    this.u32 = () => {
      this.#position++;
      return next();
    };
  }

  /** Numbers that go on exactly where `state` was taken. */
  static from(state: RandomState): HostRandom {
    return new HostRandom(state.seed, state.stream, state.position);
  }

  /** Everything that decides what comes next. */
  state(): RandomState {
    return { seed: this.seed, stream: this.stream, position: this.#position };
  }

  /** Uniform in [0, 1), with 24 bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * fraction(this.u32());
  }

  /** Normal, by Box and Muller's transform. */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** 0 … n − 1 in random order. */
  permutation(n: number): Uint32Array {
    return shuffled(n, this.u32);
  }
}
