// Whether a call trains, where the caller has to say.

import { UsageError } from "../errors.ts";

/** @throws {UsageError} unless the call says whether it trains. */
export function requireIsTraining(
  name: string,
  call: { readonly isTraining?: boolean | undefined } | undefined,
): boolean {
  if (typeof call?.isTraining === "boolean") return call.isTraining;
  throw new UsageError(name, "a call must say whether it trains", {
    remedy: "Call it with { isTraining: true } in training and false otherwise.",
  });
}
