// Tokens as they come, and the text that they make.

/** Text as tokens and back: a vocabulary of characters, or of anything else. */
export interface TextCodec {
  encode(text: string): ArrayLike<number>;
  decode(codes: Iterable<number>): string;
}

/** Stands at the end of what is decoded while a character is incomplete. */
const INCOMPLETE = "\ufffd";

/** Collects tokens and decodes them, a character not before it is whole. */
export class TextPieces {
  readonly codes: number[] = [];
  readonly #vocabulary: TextCodec | undefined;
  #text = "";
  #pending: number[] = [];

  constructor(vocabulary: TextCodec | undefined) {
    this.#vocabulary = vocabulary;
  }

  /** What a token adds to the text; empty without a vocabulary. */
  add(code: number): string {
    this.codes.push(code);
    this.#pending.push(code);
    const piece = this.#vocabulary?.decode(this.#pending) ?? "";
    if (piece.endsWith(INCOMPLETE)) return "";
    this.#pending = [];
    this.#text += piece;
    return piece;
  }

  /** All of it, with what is incomplete. */
  get text(): string {
    return this.#text + (this.#vocabulary?.decode(this.#pending) ?? "");
  }
}
