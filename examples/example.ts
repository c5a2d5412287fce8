// What the examples have in common: options, files to read, a workspace, and lines for whoever watches.

import type { FileSource } from "../src/data/index.ts";
import type { Workspace } from "../src/workspace/index.ts";

/** What the user chooses. */
export interface ExampleOptions {
  /** Default: the example's. */
  readonly steps?: number;
  readonly seed: number;
  /** Of the examples that have several. */
  readonly net?: string;
  /** The files in the folder of the data. */
  readonly files: FileSource;
  /** One of them as text. */
  readText(name: string): Promise<string>;
}

/** An example: it trains, evaluates, and emits lines. */
export type Example = (
  options: ExampleOptions,
  workspace: Workspace,
  emit: (line: string) => void,
) => Promise<void>;
