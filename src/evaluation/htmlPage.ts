// A report as one page that needs no other file.

import { chartStyle } from "./chart.ts";
import { element, escapeText } from "./markup.ts";
import { type Cell, type Section, type Table, cellText } from "./section.ts";

const LIGHT = "--page:#fff;--ink:#1c1c1e;--dim:#5c5c63;--line:#dcdce1;--soft:#f4f4f6";
const DARK = "--page:#161618;--ink:#ededf0;--dim:#a3a3ab;--line:#38383d;--soft:#222226";

function pageStyle(): string {
  return [
    `:root{color-scheme:light dark;${LIGHT}}`,
    `@media(prefers-color-scheme:dark){:root{${DARK}}}`,
    "body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--page);color:var(--ink)}",
    "body{font:16px/1.5 system-ui,sans-serif}",
    "h1{font-size:1.6rem;margin:.5rem 0}",
    "h2{font-size:1.2rem;margin:2.2rem 0 .5rem;border-bottom:1px solid var(--line)}",
    "p{margin:.4rem 0;max-width:46rem;color:var(--dim)}",
    ".table{overflow-x:auto;margin:.8rem 0}",
    "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}",
    "caption{text-align:left;font-weight:600;padding:.3rem .6rem .3rem 0}",
    "th,td{padding:.3rem .6rem;text-align:right;white-space:nowrap}",
    "td,tbody th{border-top:1px solid var(--line)}",
    "th.name{text-align:left}",
    "tbody th{font-weight:400}",
    "tbody th:first-child{position:sticky;left:0;background:var(--page)}",
    "th{white-space:normal;max-width:16rem}",
    "th.name{overflow-wrap:anywhere;min-width:min(9rem,36vw);max-width:min(16rem,36vw)}",
    "tbody tr:hover>*{background:var(--soft)}",
    ".charts{display:grid;gap:1.2rem}",
    ".charts{grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr))}",
    ".charts svg{width:100%;max-width:27rem;height:auto}",
    chartStyle(),
  ].join("\n");
}

function writeTable({ caption, columns, rows, names = 1 }: Table, title: string): string {
  const classOf = (i: number): string | undefined => (i < names ? "name" : undefined);
  const writeCell = (cell: Cell, i: number): string => {
    const text = escapeText(cellText(cell));
    const content = typeof cell === "string" ? text : element("strong", {}, text);
    if (i >= names) return element("td", {}, content);
    return element("th", { scope: "row", class: "name" }, content);
  };
  const heads = columns.map((column, i) =>
    element("th", { scope: "col", class: classOf(i) }, escapeText(column)),
  );
  const body = rows.map((row) => element("tr", {}, row.map(writeCell)));
  const table = element("table", {}, [
    caption === undefined ? "" : element("caption", {}, escapeText(caption)),
    element("thead", {}, element("tr", {}, heads)),
    element("tbody", {}, body),
  ]);
  // Wide tables scroll by themselves, with a keyboard too.
  const name = caption === undefined ? title : `${title}: ${caption}`;
  const region = { class: "table", role: "region", tabindex: 0, "aria-label": name };
  return element("div", region, table);
}

function writeSection({ title, notes = [], tables = [], charts = [] }: Section): string {
  // The page holds the style of charts once.
  const style = element("style", {}, chartStyle());
  const bare = charts.map((svg) => svg.replace(style, ""));
  return element("section", {}, [
    element("h2", {}, escapeText(title)),
    ...notes.map((note) => element("p", {}, escapeText(note))),
    ...tables.map((table) => writeTable(table, title)),
    bare.length > 0 ? element("div", { class: "charts" }, bare) : "",
  ]);
}

/** The page; well-formed as XML too. */
export function htmlPage(title: string, sections: readonly Section[]): string {
  const head = element("head", {}, [
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("title", {}, escapeText(title)),
    element("style", {}, pageStyle()),
  ]);
  const main = element("main", {}, [
    element("h1", {}, escapeText(title)),
    ...sections.map(writeSection),
  ]);
  const page = element("html", { lang: "en" }, [head, element("body", {}, main)]);
  return `<!doctype html>\n${page}\n`;
}
