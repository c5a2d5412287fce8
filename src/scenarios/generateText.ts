// GenerateText: a language model writes on.

import { UsageError } from "../errors.ts";
import { type IncrementalModel, recomputed } from "../nn/incrementalModel.ts";
import { cast } from "../ops/cast.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Progress } from "./progress.ts";
import { type SamplingOptions, requireSampling } from "./sampling.ts";
import { type RunOptions, Scenario } from "./scenario.ts";
import { requireCounts } from "./settingChecks.ts";
import { type TextCodec, TextPieces } from "./textPieces.ts";
import { TokenWriter } from "./tokenWriter.ts";

/** Settings of `GenerateText`. */
export interface GenerateTextSettings extends SamplingOptions {
  /** Tokens to write at most. */
  readonly tokens: number;
  /** Decides what chance decides. Default 0. */
  readonly seed?: number;
  /** Tokens that end the text; they are left out of it. Default: none. */
  readonly stop?: readonly number[];
  /** Tokens that the model sees at once. Default: its `maxLength`; functions without states need it. */
  readonly window?: number;
  /** Tokens of a full window with which the next one begins. Default: half of it. */
  readonly keep?: number;
  /** Record the GPU commands of a token once and send them again. Default true. */
  readonly compiled?: boolean;
}

/** Parts of `GenerateText`. */
export interface GenerateTextParts {
  /** A model with states, or a function from codes `[1, window]` to logits `[1, window, vocabulary]`. */
  readonly model: IncrementalModel | ((codes: Tensor) => Tensor);
  /** What to go on from: tokens, or a text if there is a vocabulary. */
  readonly prompt: string | ArrayLike<number>;
  readonly vocabulary?: TextCodec;
}

/** A token was written. */
export interface TokenEvent {
  readonly type: "token";
  /** Counted from 0. */
  readonly index: number;
  readonly code: number;
  /** What it adds to the text; empty without a vocabulary, or while a character is incomplete. */
  readonly text: string;
}

/** What was written, without the prompt. */
export interface GenerateTextResult {
  readonly codes: readonly number[];
  readonly text: string;
  readonly reason: "tokens" | "stop" | "aborted";
}

/**
 * Writes a text token by token. Tokens are drawn on the GPU and go straight into the next step; the host
 * reads them while the GPU is some steps ahead. The same seed gives the same text.
 *
 *     const generate = new GenerateText({ tokens: 500, temperature: 0.8, topK: 40 });
 *     for await (const { text } of generate.run({ model, prompt: "ROMEO:", vocabulary })) show(text);
 */
export class GenerateText extends Scenario<GenerateTextParts, GenerateTextResult> {
  readonly settings: GenerateTextSettings;

  /** @throws {UsageError} if a setting cannot be. */
  constructor(settings: GenerateTextSettings) {
    super();
    requireSampling("GenerateText", settings);
    const { tokens, window = 1, keep = 1 } = settings;
    requireCounts("GenerateText", { tokens, window, keep });
    this.settings = settings;
  }

  async *run(
    parts: GenerateTextParts,
    options: RunOptions = {},
  ): AsyncGenerator<TokenEvent, GenerateTextResult> {
    const { tokens, stop = [] } = this.settings;
    const prompt = codesOf(parts);
    const writer = this.#writer(parts, prompt.length);
    const written = new TextPieces(parts.vocabulary);
    const progress = new Progress<number>();
    const end = (reason: GenerateTextResult["reason"]): GenerateTextResult => {
      return { codes: written.codes, text: written.text, reason };
    };
    try {
      await writer.begin(prompt);
      for (let index = 0; ; index++) {
        // Codes are exact in f32.
        progress.add({ code: scope(() => cast(writer.last, "f32")) }, 1, index);
        progress.mark(index);
        const isLast = index === tokens - 1;
        for (const { losses, place } of await progress.passed(isLast || writer.isFull)) {
          const code = losses.code as number;
          if (stop.includes(code)) return end("stop");
          yield { type: "token", index: place, code, text: written.add(code) };
        }
        if (options.signal?.aborted) return end("aborted");
        if (isLast) return end("tokens");
        if (writer.isFull) await writer.begin([...prompt, ...written.codes]);
        else writer.step();
      }
    } finally {
      progress.close();
      writer.close();
    }
  }

  #writer({ model }: GenerateTextParts, start: number): TokenWriter {
    const { tokens, seed = 0, compiled = true, window: wanted } = this.settings;
    const incremental = isIncremental(model) ? model : windowed(model, wanted);
    const window = Math.min(wanted ?? Infinity, incremental.maxLength ?? Infinity);
    const { keep = Math.max(1, Math.floor(window / 2)) } = this.settings;
    if (keep > window) {
      const got = `${keep} of ${window}`;
      throw new UsageError("GenerateText", "keep must not be more than the window", { got });
    }
    const sizes = { window, keep, length: start + tokens };
    return new TokenWriter(incremental, {
      ...this.settings,
      ...sizes,
      seed,
      isCompiled: compiled,
    });
  }
}

function isIncremental(model: GenerateTextParts["model"]): model is IncrementalModel {
  return "step" in model && "initialState" in model;
}

function windowed(model: (codes: Tensor) => Tensor, window: number | undefined): IncrementalModel {
  if (window !== undefined) return recomputed(model, window);
  throw new UsageError("GenerateText", "a function without states needs a window", {
    remedy: "Say window: T, the length of the sequences it was trained on.",
  });
}

/** @throws {UsageError} if there is no token to go on from. */
function codesOf({ prompt, vocabulary }: GenerateTextParts): readonly number[] {
  if (typeof prompt === "string" && vocabulary === undefined) {
    throw new UsageError("GenerateText", "a text needs a vocabulary", {
      remedy: "Pass one, or give the prompt as tokens.",
    });
  }
  const codes = typeof prompt === "string" ? (vocabulary as TextCodec).encode(prompt) : prompt;
  if (codes.length > 0) return Array.from(codes);
  throw new UsageError("GenerateText", "the prompt must have a token", {
    remedy: "Begin with a line break, or with the token that texts begin with.",
  });
}
