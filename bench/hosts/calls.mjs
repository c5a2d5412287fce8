// Calls into a host that may hang or die.

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
