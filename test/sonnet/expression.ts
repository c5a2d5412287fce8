// Reads constructor calls in Python's notation: `Conv2D(3, 4, stride=2, padding='SAME')`.

/** A value of such a text. Names stand for themselves. */
export type Value =
  | number
  | boolean
  | null
  | string
  | readonly Value[]
  | { readonly name: string; readonly args: readonly Value[]; readonly named: Named };

export type Named = Readonly<Record<string, Value>>;

/** A call. */
export type Call = Extract<Value, { readonly name: string }>;

const TOKEN = /\s*(?:(-?\d+(?:\.\d+)?(?:e-?\d+)?)|'([^']*)'|([A-Za-z_][\w.]*)|([()[\],=]))/y;

/** @throws {Error} if the text is not one call. */
export function parseCall(text: string): Call {
  const tokens: { kind: "number" | "text" | "name" | "sign"; text: string }[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`cannot read ${text}`);
    const at = [1, 2, 3, 4].find((i) => found[i] !== undefined) as number;
    const kind = (["number", "text", "name", "sign"] as const)[at - 1] as "number";
    tokens.push({ kind, text: found[at] as string });
  }
  let next = 0;
  const take = (sign: string): boolean => {
    const isThere = tokens[next]?.kind === "sign" && tokens[next]?.text === sign;
    if (isThere) next++;
    return isThere;
  };
  const list = (end: string): Value[] => {
    const items: Value[] = [];
    while (!take(end)) {
      items.push(value());
      take(",");
    }
    return items;
  };
  const call = (name: string): Call => {
    const args: Value[] = [];
    const named: Record<string, Value> = {};
    while (!take(")")) {
      if (tokens[next]?.kind === "name" && tokens[next + 1]?.text === "=") {
        const key = tokens[next]?.text as string;
        next += 2;
        named[key] = value();
      } else args.push(value());
      take(",");
    }
    return { name, args, named };
  };
  const value = (): Value => {
    const token = tokens[next++];
    if (token === undefined) throw new Error(`cannot read ${text}`);
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "text") return token.text;
    if (token.kind === "sign") {
      if (token.text === "[") return list("]");
      if (token.text === "(") return list(")");
      throw new Error(`cannot read ${text}`);
    }
    if (take("(")) return call(token.text);
    const words: Readonly<Record<string, Value>> = { True: true, False: false, None: null };
    return token.text in words ? (words[token.text] as Value) : token.text;
  };
  const result = value();
  if (typeof result !== "object" || result === null || Array.isArray(result)) {
    throw new Error(`${text} is not a call`);
  }
  if (next < tokens.length) throw new Error(`cannot read the end of ${text}`);
  return result as Call;
}
