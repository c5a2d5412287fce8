// Elements of HTML and SVG as text. Every text and attribute is escaped here and nowhere else.

/** What XML allows no document to hold, even escaped: control characters but white space. */
const FORBIDDEN = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as markup that shows it, in elements and in attributes. */
export function escapeText(text: string): string {
  const allowed = text.replace(FORBIDDEN, "\ufffd");
  return allowed.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/**
 * `<name …>content</name>`, or `<name …/>` without content. Numbers are rounded to tenths;
 * `content` is markup already.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content?: string | readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    if (value === undefined) return "";
    const text = typeof value === "number" ? `${Math.round(value * 10) / 10}` : value;
    return ` ${key}="${escapeText(text)}"`;
  });
  const opening = `<${name}${written.join("")}`;
  if (content === undefined) return `${opening}/>`;
  const inner = typeof content === "string" ? content : content.join("");
  return `${opening}>${inner}</${name}>`;
}
