// Lines of separated values as records of texts, by Papa Parse, with the line that each stands in.
// RFC 4180; https://www.papaparse.com/docs

import Papa from "papaparse";
import { DataError } from "../errors.ts";

/** How the text is separated. */
export interface RecordOptions {
  readonly delimiter: string;
  /** Lines before the first record. */
  readonly skipLines: number;
  /** What lines that are no records begin with. */
  readonly comments: string | undefined;
}

/** Records of a file, and where they stand. */
export interface Records {
  readonly rows: readonly (readonly string[])[];
  /** The line at which a row begins, from 1. */
  lineOf(row: number): number;
}

/**
 * The records of a text, without those that are blank.
 *
 * @param name  of the file, for messages.
 * @throws {DataError} if a quote is not closed, or something follows a closing one.
 */
export function recordsOf(name: string, text: string, options: RecordOptions): Records {
  const { delimiter, skipLines, comments } = options;
  const start = startOf(name, text, skipLines);
  const rows: string[][] = [];
  const ends: number[] = [];
  const lineAt = (index: number): number => 1 + breaksIn(text.slice(0, index));
  Papa.parse(text.slice(start), {
    delimiter,
    ...(comments !== undefined && { comments }),
    step({ data, errors, meta }) {
      const [error] = errors;
      if (error?.type === "Quotes") {
        throw new DataError(name, "quotes must enclose a value, and be doubled inside it", {
          got: `${error.message.toLowerCase()} at line ${lineAt(start + (error.index ?? 0))}`,
        });
      }
      if (data.length === 1 && data[0]?.trim() === "") return;
      rows.push(data);
      ends.push(start + meta.cursor);
    },
  });
  return {
    rows,
    lineOf(row) {
      // A record ends with its line's break, but for the last one of a file.
      const end = text.slice(0, ends[row]).replace(/(\r\n|\r|\n)$/, "");
      const inside = (rows[row] ?? []).reduce((sum, value) => sum + breaksIn(value), 0);
      return 1 + breaksIn(end) - inside;
    },
  };
}

const breaksIn = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;

/** Where the records begin: behind a byte order mark and the lines to skip. */
function startOf(name: string, text: string, skipLines: number): number {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  const lineBreak = /\r\n|\r|\n/g;
  for (let i = 0; i < skipLines; i++) {
    lineBreak.lastIndex = at;
    if (lineBreak.exec(text) === null) {
      const got = `${i + 1} lines`;
      throw new DataError(name, `there must be more lines than the ${skipLines} to skip`, { got });
    }
    at = lineBreak.lastIndex;
  }
  return at;
}
