// The names that modules put in front of the variables made inside them.

let current = "";

/** Prefix for a new name, "" or ending in "/". */
export function currentNameScope(): string {
  return current;
}

/** Runs `body` with names under `prefix` ("" or ending in "/"), whatever the scope outside. */
export function withNameScope<T>(prefix: string, body: () => T): T {
  const outer = current;
  current = prefix;
  try {
    return body();
  } finally {
    current = outer;
  }
}
