// Tokens as in the evaluation of machine translation.

const ENTITIES: readonly (readonly [string, string])[] = [
  ["&quot;", '"'],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
];

/**
 * The tokens of the script mteval-v13a: ASCII punctuation stands alone, but full stops and commas
 * between digits, hyphens not after a digit, and apostrophes stay in their word.
 *
 * @see NIST 2009, mteval-v13a.pl, the normalization of international text aside.
 */
export function tokenize13a(text: string): string[] {
  let line = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  return ` ${line} `
    .replaceAll(/[!-&(-+:-@[-`{-~/]/g, " $& ")
    .replaceAll(/([^0-9])([.,])/g, "$1 $2 ")
    .replaceAll(/([.,])([^0-9])/g, " $1 $2")
    .replaceAll(/([0-9])(-)/g, "$1 $2 ")
    .split(/\s+/u)
    .filter((token) => token !== "");
}
