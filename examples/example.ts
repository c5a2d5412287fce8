// What the examples have in common: options, files to read, a workspace, and events for whoever watches:
// a terminal, or a page of the gallery.

import type { FileSource } from "../src/data/index.ts";
import type { Workspace } from "../src/workspace/index.ts";

/** What the user chooses. */
export interface ExampleOptions {
  /** Default: the example's. */
  readonly steps?: number;
  readonly seed: number;
  /** Of the examples that have several. */
  readonly net?: string;
  /** Small networks on data that need no files, looked at often: what a page of the gallery shows. */
  readonly quick?: boolean;
  /** Go on from the workspace's newest checkpoint, if there is one. */
  readonly resume?: boolean;
  /** Ends the run after the step under way; it saves first. */
  readonly signal?: AbortSignal;
  /** The files in the folder of the data. */
  readonly files: FileSource;
  /** One of them as text. */
  readText(name: string): Promise<string>;
  /** Lets whoever watches ask the network something while it learns. */
  offer?(name: string, answer: (question: Float32Array) => Promise<Float32Array>): void;
}

/** What there is to see. */
export type ExampleEvent =
  | {
      /** Numbers of a step. */
      readonly type: "curve";
      readonly step: number;
      readonly values: Readonly<Record<string, number>>;
    }
  | {
      readonly type: "image";
      readonly name: string;
      readonly width: number;
      readonly height: number;
      /** RGBA, row by row. */
      readonly pixels: Uint8ClampedArray;
    }
  | {
      /** Points of the plane, x and y in turn: those of the data, and those that were made. */
      readonly type: "points";
      readonly name: string;
      readonly real: Float32Array;
      readonly made: Float32Array;
    }
  | { readonly type: "text"; readonly name: string; readonly text: string }
  | {
      /** How far the run has come towards what it is for. */
      readonly type: "goal";
      readonly name: string;
      readonly value: number;
    };

/** Takes a line or an event; the run waits for it. */
export type Emit = (what: string | ExampleEvent) => void | Promise<void>;

/** An example: it trains, evaluates, and tells about it. */
export type Example = (options: ExampleOptions, workspace: Workspace, emit: Emit) => Promise<void>;
