// A report as Markdown.

import { type Cell, type Section, type Table, cellText } from "./section.ts";

/** Text that Markdown shows as it is, in a line of prose or a cell. */
export function escapeMarkdown(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ");
  const marked = line.replace(/[\\`*|~#]|(?<!\w)_|_(?!\w)|\](?=[([:])/g, "\\$&");
  return marked.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

function writeCell(cell: Cell): string {
  const text = escapeMarkdown(cellText(cell));
  return typeof cell === "string" ? text : `**${text}**`;
}

function writeTable({ caption, columns, rows, names = 1 }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const written = [
    line(columns.map(escapeMarkdown)),
    line(columns.map((_, i) => (i < names ? "---" : "--:"))),
    ...rows.map((row) => line(row.map(writeCell))),
  ];
  return [...(caption === undefined ? [] : [`${escapeMarkdown(caption)}:`, ""]), ...written].join(
    "\n",
  );
}

/** Headings, notes and tables; charts are left to the page. */
export function markdownPage(title: string, sections: readonly Section[]): string {
  const written = sections.flatMap(({ title: heading, notes = [], tables = [] }) => {
    if (tables.length === 0) return [];
    return [
      `## ${escapeMarkdown(heading)}`,
      ...notes.map(escapeMarkdown),
      ...tables.map(writeTable),
    ];
  });
  return `${[`# ${escapeMarkdown(title)}`, ...written].join("\n\n")}\n`;
}
