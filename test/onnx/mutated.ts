// Files changed by chance, by seed.

/** A reproducible stream of whole numbers. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A changed, cut, repeated or inserted part of a file. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const below = numbers(seed);
  const copy = Array.from(bytes);
  for (let i = 0; i <= below(4); i++) {
    const at = below(copy.length);
    const kind = below(4);
    if (kind === 0) copy[at] = below(256);
    else if (kind === 1) copy.splice(at, below(20));
    else if (kind === 2) copy.splice(at, 0, ...copy.slice(at, at + below(40)));
    else copy.splice(at, 0, 0xff, below(256));
  }
  return Uint8Array.from(copy);
}
