// Checking markup without a parser of the host's.

import { expect } from "vitest";

/** Expects every element to close in its order, and nothing to be left unescaped. */
export function expectWellFormed(markup: string): void {
  const open: string[] = [];
  const pattern =
    /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+(?::[\w-]+)?="[^"<]*")*)\s*(\/?)>|([<>])|&(\w+|#\d+)?;?/g;
  for (const [text, closing, name, , selfClosing, stray, entity] of markup.matchAll(pattern)) {
    // A style's > is a combinator.
    if (stray === ">" && open.at(-1) === "style") continue;
    expect(stray, `a stray ${stray} in ${open.join(" ")}`).toBeUndefined();
    if (text.startsWith("&")) expect(["amp", "lt", "gt", "quot", "#39"]).toContain(entity);
    else if (closing) expect(open.pop()).toBe(name);
    else if (!selfClosing) open.push(name as string);
  }
  expect(open).toEqual([]);
}
