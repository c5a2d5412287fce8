// Fields of a protobuf message, one after the other, with bounds and wire types checked.
// https://protobuf.dev/programming-guides/encoding

import protobuf from "protobufjs/minimal.js";
import { DataError } from "../errors.ts";

type Reader = protobuf.Reader;

/** How a value lies in the stream. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const DELIMITED = 2;
const FOUR_BYTES = 5;

/** The values of one field, as its message's reader asks for them. */
export class Field {
  readonly source: string;
  readonly #reader: Reader;
  /** Of the field within its message. */
  number = 0;
  wire = 0;

  constructor(source: string, reader: Reader) {
    this.source = source;
    this.#reader = reader;
  }

  #expect(wire: number): void {
    if (this.wire === wire) return;
    throw new DataError(this.source, "fields must be of the types that ONNX gives them", {
      got: `wire type ${this.wire} of field ${this.number}`,
    });
  }

  /** A view of the file. */
  bytes(): Uint8Array {
    this.#expect(DELIMITED);
    const reader = this.#reader;
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) {
      throw new DataError(this.source, "a field must end within the file", {
        got: `${length} bytes where ${reader.len - reader.pos} are left`,
        remedy: "The file may be cut off.",
      });
    }
    const view = reader.buf.subarray(reader.pos, end);
    reader.pos = end;
    return view;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** A 64-bit integer: the nearest number. */
  nearestInteger(): number {
    this.#expect(VARINT);
    return Number(this.#reader.int64());
  }

  /** An integer of at most 53 bits. */
  integer(): number {
    const value = this.nearestInteger();
    if (Number.isSafeInteger(value)) return value;
    throw new DataError(this.source, "lengths and versions must be below 2⁵³", { got: `${value}` });
  }

  float(): number {
    this.#expect(FOUR_BYTES);
    return this.#reader.float();
  }

  /** Adds one value, or all of a packed field. */
  into<T>(list: T[], one: (field: Field) => T, wire: number = VARINT): void {
    if (this.wire !== DELIMITED) {
      list.push(one(this));
      return;
    }
    const packed = protobuf.Reader.create(this.bytes());
    const inner = new Field(this.source, packed);
    [inner.number, inner.wire] = [this.number, wire];
    while (packed.pos < packed.len) list.push(one(inner));
  }

  /** The bytes of one value, or of all of a packed field, as they lie in the file. */
  packed(): Uint8Array {
    if (this.wire === DELIMITED) return this.bytes();
    const start = this.#reader.pos;
    this.skip();
    return this.#reader.buf.subarray(start, this.#reader.pos);
  }

  skip(): void {
    if (![VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES].includes(this.wire)) {
      throw new DataError(this.source, "fields must be of a wire type that protobuf has", {
        got: `${this.wire}`,
        remedy: "Is it an ONNX file?",
      });
    }
    this.#reader.skipType(this.wire);
  }
}

/** Reads numbers of a packed field of f32. */
export function floatsInto(field: Field, list: number[]): void {
  field.into(list, (one) => one.float(), FOUR_BYTES);
}

/** Visits the fields of a message in their order; those that are not read are passed over. */
export function eachField(
  source: string,
  message: Uint8Array,
  visit: (field: Field, number: number) => void,
): void {
  const reader = protobuf.Reader.create(message);
  const field = new Field(source, reader);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    [field.number, field.wire] = [tag >>> 3, tag & 7];
    const start = reader.pos;
    visit(field, field.number);
    if (reader.pos === start) field.skip();
  }
}
