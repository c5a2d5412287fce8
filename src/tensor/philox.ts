// Philox 4x32-10 on the host: the same numbers as shaders/random.wgsl, for shuffling and drawing.
// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".

const scratch = new Uint32Array(2);

/** High and low words of a · b, into `scratch`. */
function multiplyWide(a: number, b: number): void {
  const low = (a & 0xffff) * (b & 0xffff);
  const middle = (a >>> 16) * (b & 0xffff) + (low >>> 16);
  const cross = (a & 0xffff) * (b >>> 16) + (middle & 0xffff);
  scratch[0] = (a >>> 16) * (b >>> 16) + Math.floor(middle / 65536) + Math.floor(cross / 65536);
  scratch[1] = Math.imul(a, b);
}

/** Four random words from a counter of four words and a key of two. */
export function philox(
  counter: readonly number[],
  key: readonly number[],
): Uint32Array<ArrayBuffer> {
  const c = Uint32Array.from(counter);
  const k = Uint32Array.from(key);
  const [c0, c1, c2, c3] = [0, 1, 2, 3] as const;
  for (let round = 0; round < 10; round++) {
    multiplyWide(0xd2511f53, c[c0] as number);
    const [high0, low0] = scratch as unknown as [number, number];
    multiplyWide(0xcd9e8d57, c[c2] as number);
    const [high1, low1] = scratch as unknown as [number, number];
    const y = c[c1] as number;
    const w = c[c3] as number;
    c[c0] = high1 ^ y ^ (k[0] as number);
    c[c1] = low1;
    c[c2] = high0 ^ w ^ (k[1] as number);
    c[c3] = low0;
    k[0] = (k[0] as number) + 0x9e3779b9;
    k[1] = (k[1] as number) + 0xbb67ae85;
  }
  return c;
}

/** Where a random sequence stands; plain JSON. */
export interface RandomState {
  readonly seed: number;
  readonly stream: number;
  readonly position: number;
}

/** Seeded random numbers on the host. Each (seed, stream) is a sequence of its own. */
export class HostRandom {
  readonly seed: number;
  readonly stream: number;
  #position = 0;
  #words = new Uint32Array(4);

  constructor(seed: number, stream = 0) {
    this.seed = seed;
    this.stream = stream;
  }

  /** A uniform 32-bit word. */
  u32(): number {
    const lane = this.#position % 4;
    if (lane === 0) this.#words = philox([this.#position / 4, 0, this.stream, 1], [this.seed, 0]);
    this.#position++;
    return this.#words[lane] as number;
  }

  /** Uniform in [0, 1), with 24 bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * ((this.u32() >>> 8) * 2 ** -24);
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

  /** 0 … n − 1 in random order (Fisher and Yates' shuffle). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i] as number;
      order[i] = order[j] as number;
      order[j] = kept;
    }
    return order;
  }
}
