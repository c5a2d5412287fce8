// What page and worker say to each other.

import type { ExampleEvent } from "../example.ts";

/** From the page. */
export type Command =
  | {
      readonly type: "start";
      readonly demo: string;
      readonly seed: number;
      readonly resume: boolean;
      /** Pause after the first step. */
      readonly isPaused: boolean;
    }
  | { readonly type: "pause" }
  | { readonly type: "go" }
  /** Go on to the next numbers and pause there. */
  | { readonly type: "step" }
  /** Milliseconds to wait after each event. */
  | { readonly type: "delay"; readonly milliseconds: number }
  /** Save and go on. */
  | { readonly type: "save" }
  /** End the run, and forget its files if asked. */
  | { readonly type: "stop"; readonly forget: boolean }
  | {
      readonly type: "ask";
      readonly id: number;
      readonly name: string;
      readonly question: Float32Array;
    }
  /** Up to which step is there a checkpoint? */
  | { readonly type: "look"; readonly demo: string }
  /** The newest checkpoint's bytes. */
  | { readonly type: "download"; readonly demo: string }
  /** Remove the files of a run that is over. */
  | { readonly type: "forget"; readonly demo: string };

/** From the worker. */
export type Report =
  | { readonly type: "event"; readonly event: ExampleEvent }
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: Float32Array | null }
  | { readonly type: "saved"; readonly step: number | null }
  | { readonly type: "file"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: "ended"; readonly reason: "done" | "stopped" }
  | { readonly type: "failed"; readonly message: string };
