// Parts of a written report, before they are Markdown or HTML.

/** A cell of a table; strong ones stand out. */
export type Cell = string | { readonly strong: string };

/** A table whose first columns name the row and whose others hold numbers. */
export interface Table {
  readonly caption?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** How many columns are names. Default 1. */
  readonly names?: number;
}

/** A part under a heading. All texts are plain: who writes them escapes them. */
export interface Section {
  readonly title: string;
  readonly notes?: readonly string[];
  readonly tables?: readonly Table[];
  /** SVG images. */
  readonly charts?: readonly string[];
}

/** The cell's text. */
export const cellText = (cell: Cell): string => (typeof cell === "string" ? cell : cell.strong);

/** What stands where there is no number. */
export const NOTHING = "–";
