// The text of shaders as pages download it: no comments, no needless spaces and digits, and short
// names for what only one function knows. All that the host's preludes may name keeps its name.

const isWord = (character) => /\w/.test(character);
const isOperator = (character) => /[-+*/%&|^<>=!~]/.test(character);

/** A space has to stay where two words or two operators would become another one. */
function squeeze(text) {
  return text.replace(/\s+/g, (space, at) => {
    const [left, right] = [text[at - 1] ?? "", text[at + space.length] ?? ""];
    const joins = [isWord, isOperator].some((test) => test(left) && test(right));
    return joins ? " " : "";
  });
}

/** The shortest literal that is the same f32. */
function shorten(literal) {
  const value = Math.fround(Number(literal));
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) !== value || text.length >= literal.length) continue;
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  return literal;
}

/** The place behind the brace that closes the first one from `start` on. */
function endOf(text, start) {
  let depth = 0;
  for (let i = text.indexOf("{", start); i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i + 1;
  }
  throw new Error("a brace is not closed");
}

const firsts = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);

/** Functions and what is between them. */
function split(text) {
  const parts = [];
  let from = 0;
  for (const { index } of text.matchAll(/\bfn\s/g)) {
    const end = endOf(text, index);
    parts.push(text.slice(from, index), text.slice(index, end));
    from = end;
  }
  return [...parts, text.slice(from)];
}

/** A name that is no member, attribute's argument or end of a literal. */
const NAME = /(?<![\w.]|@builtin\()[A-Za-z_]\w*/g;

/** WGSL's words of two letters or fewer; the rest of those words are longer than what we make. */
const KEYWORDS = ["as", "do", "fn", "if", "of"];

const LETTERS = [..."etrnoasiulcdfpmgbhvwyxkjqz"];
const SHORT = [...LETTERS, ...LETTERS.flatMap((a) => LETTERS.map((b) => a + b))];

/** What a function declares, by name, with how often it is said; and the other names it uses. */
function namesOf(text, isGlobal) {
  const body = text.indexOf("{");
  const head = text.slice(0, body).replace(/@builtin\(\w+\)|->.*/g, "");
  const locals = [
    ...firsts(head, /(\w+)\s*:/g),
    ...firsts(text.slice(body), /\b(?:let|var|const)\s+(\w+)/g),
  ].filter((name) => !isGlobal(name));
  const counts = new Map(locals.map((name) => [name, 0]));
  const others = new Set(KEYWORDS);
  for (const [name] of text.matchAll(NAME)) {
    if (counts.has(name)) counts.set(name, counts.get(name) + 1);
    else others.add(name);
  }
  return { counts, others };
}

/**
 * A short name for every name, the same in all functions: those that are said most choose first.
 *
 * @param functions  names that must differ from each other and from the others of their function.
 */
function assign(functions) {
  const total = new Map();
  const homes = new Map();
  const taken = new Map(functions.map((one) => [one, new Set(one.others)]));
  for (const one of functions) {
    for (const [name, count] of one.counts) {
      total.set(name, (total.get(name) ?? 0) + count);
      homes.set(name, [...(homes.get(name) ?? []), taken.get(one)]);
    }
  }
  const ordered = [...total].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return new Map(
    ordered.map(([name]) => {
      const short = SHORT.find((word) => homes.get(name).every((words) => !words.has(word)));
      for (const words of homes.get(name)) words.add(short);
      return [name, short];
    }),
  );
}

/** Texts that declare the same, for less. */
export function minify(texts) {
  const parsed = texts.map((text) => {
    const bare = squeeze(text.replace(/\/\/.*$/gm, "").trim());
    const parts = split(bare.replace(/(?<![\w.])\d+\.\d{5,}(e-?\d+)?(?![\w.])/g, shorten));
    const between = parts.filter((_, i) => i % 2 === 0).join(";");
    const declared = firsts(between, /\b(?:const|override|alias|struct|var(?:<[^>]*>)?) ?(\w+)/g);
    const globals = new Set([...declared, ...firsts(bare, /\bfn (\w+)/g)]);
    return parts.map((part, i) => ({
      part,
      names: i % 2 === 1 ? namesOf(part, (name) => globals.has(name)) : undefined,
    }));
  });
  const short = assign(parsed.flat().flatMap(({ names }) => names ?? []));
  return parsed.map((parts) => {
    const written = parts.map(({ part, names }) => {
      if (names === undefined) return part;
      return part.replace(NAME, (name) => (names.counts.has(name) ? short.get(name) : name));
    });
    return written.join("");
  });
}
