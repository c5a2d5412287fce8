// Names as Sonnet gives them.

import { UsageError } from "../errors.ts";

/** `Conv2D` becomes `conv2_d`, `MLP` becomes `mlp`. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z])/g, "_$&").toLowerCase();
}

/** @throws {UsageError} unless the name could be an identifier. */
export function requireName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw new UsageError(
    "Module",
    "a name must be letters, digits and _, not beginning with a digit",
    {
      got: `"${name}"`,
    },
  );
}
