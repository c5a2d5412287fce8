// Calls into a host that may hang or die, and what a session says of itself.

/** A host that cannot be used any more. */
export class HostError extends Error {}

/** `promise`, or a HostError after `ms`. */
export function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new HostError(`no answer within ${ms / 1000} s: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The first line of an error, short. */
export const brief = (error) => error.message.split("\n")[0].slice(0, 200);

/** The ways in which a library does a workload: names of variants, undefined for the only one. */
export function variantsOf({ info }, { op }) {
  if (!info.ops.includes(op)) return [];
  return info.variants[op] ?? [undefined];
}
