// TensorFlow 2's checkpoints: a sorted table of entries in `.index`, and the numbers in `.data` shards.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/tensor_bundle

import type { HostArray } from "../data/hostArray.ts";
import { DataError } from "../errors.ts";
import { unsnappy } from "./snappy.ts";

const MAGIC = 0xdb4775248b80fb57n;
const FOOTER_BYTES = 48;
/** Type and checksum behind each block. */
const TRAILER_BYTES = 5;

/** Bytes read from front to back; every step checks that there are enough. */
class Reader {
  at = 0;
  readonly source: string;
  readonly bytes: Uint8Array;

  constructor(source: string, bytes: Uint8Array) {
    this.source = source;
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  fail(got: string): never {
    throw new DataError(this.source, "the file must be an index of a TensorFlow checkpoint", {
      got,
    });
  }

  take(count: number): Uint8Array {
    if (!(count <= this.bytes.length - this.at))
      this.fail(`an end after ${this.bytes.length} bytes`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** A number in groups of seven bits, below 2⁵³. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.take(1)[0] as number;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.fail("a huge number");
    }
    return this.fail("a number without end");
  }
}

/** Where a block lies. */
interface Handle {
  readonly offset: number;
  readonly size: number;
}

const handleOf = (reader: Reader): Handle => ({ offset: reader.varint(), size: reader.varint() });

/** Keys and values of a block, in order. */
function entriesOf(
  source: string,
  file: Uint8Array,
  { offset, size }: Handle,
): [key: string, value: Uint8Array][] {
  const reader = new Reader(source, file);
  reader.take(offset);
  const stored = reader.take(size);
  const kind = reader.take(TRAILER_BYTES)[0] as number;
  if (kind > 1) reader.fail(`a block of the kind ${kind}`);
  const block = new Reader(source, kind === 1 ? unsnappy(source, stored) : stored);
  const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
  if (view.byteLength < 4) block.fail("a block of less than 4 bytes");
  const restarts = view.getUint32(view.byteLength - 4, true);
  const end = view.byteLength - 4 - 4 * restarts;
  if (end < 0) block.fail(`${restarts} restarts in ${view.byteLength} bytes`);
  const found: [string, Uint8Array][] = [];
  let key = new Uint8Array();
  while (block.at < end) {
    const [shared, own, length] = [block.varint(), block.varint(), block.varint()];
    if (shared > key.length) block.fail("a key longer than the one before");
    const suffix = block.take(own);
    const whole = new Uint8Array(shared + own);
    whole.set(key.subarray(0, shared));
    whole.set(suffix, shared);
    key = whole;
    found.push([new TextDecoder().decode(key), block.take(length)]);
  }
  return found;
}

/** Fields of a protocol buffer: numbers, and bytes of what is in it. */
function fieldsOf(
  source: string,
  bytes: Uint8Array,
): [field: number, value: number | Uint8Array][] {
  const reader = new Reader(source, bytes);
  const found: [number, number | Uint8Array][] = [];
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) found.push([field, reader.varint()]);
    else if (wire === 2) found.push([field, reader.take(reader.varint())]);
    else if (wire === 5) found.push([field, reader.take(4)]);
    else if (wire === 1) found.push([field, reader.take(8)]);
    else reader.fail(`a field of the kind ${wire}`);
  }
  return found;
}

/** What an entry says of its numbers. */
interface Entry {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
}

function entryOf(source: string, bytes: Uint8Array): Entry {
  const fields = fieldsOf(source, bytes);
  const number = (field: number): number => {
    const value = fields.find(([at]) => at === field)?.[1] ?? 0;
    return typeof value === "number" ? value : 0;
  };
  const dims = fields
    .filter(([at]) => at === 2)
    .flatMap(([, value]) => {
      const shape = typeof value === "number" ? [] : fieldsOf(source, value);
      return shape
        .filter(([at]) => at === 2)
        .map(([, dim]) => {
          const size = typeof dim === "number" ? [] : fieldsOf(source, dim);
          const found = size.find(([at]) => at === 1)?.[1] ?? 0;
          return typeof found === "number" ? found : 0;
        });
    });
  return { dtype: number(1), shape: dims, shard: number(3), offset: number(4), size: number(5) };
}

/** Bytes per element of the dtypes that are read: f32, i32, i64. */
const BYTES: Readonly<Record<number, number>> = { 1: 4, 3: 4, 9: 8 };

/**
 * The tensors of a TensorFlow 2 checkpoint by key; texts are left out. 64-bit whole numbers become i32.
 *
 *     const tensors = decodeTensorBundle("checkpoint-1", index, [data]);
 *     tensors["module/w/.ATTRIBUTES/VARIABLE_VALUE"];
 *
 * @param source  the file's name, for messages.
 * @param index   the bytes of `….index`.
 * @param shards  those of `….data-00000-of-0000N`, in order.
 * @throws {DataError} if anything in it does not fit: nothing is trusted.
 */
export function decodeTensorBundle(
  source: string,
  index: Uint8Array,
  shards: readonly Uint8Array[],
): Readonly<Record<string, HostArray>> {
  const fail = (rule: string, got: string): never => {
    throw new DataError(source, rule, { got });
  };
  if (index.length < FOOTER_BYTES) fail("an index ends with 48 bytes", `${index.length} bytes`);
  const footer = index.subarray(index.length - FOOTER_BYTES);
  const magic = new DataView(footer.buffer, footer.byteOffset).getBigUint64(40, true);
  if (magic !== MAGIC) fail("an index ends with TensorFlow's mark", magic.toString(16));
  const reader = new Reader(source, footer);
  handleOf(reader); // of blocks about blocks
  const blocks = entriesOf(source, index, handleOf(reader)).map(([, handle]) => {
    return handleOf(new Reader(source, handle));
  });
  const tensors: Record<string, HostArray> = Object.create(null) as Record<string, HostArray>;
  for (const [key, value] of blocks.flatMap((block) => entriesOf(source, index, block))) {
    if (key === "") continue; // about the file
    const { dtype, shape, shard, offset, size } = entryOf(source, value);
    const width = BYTES[dtype];
    if (dtype === 7) continue; // texts
    if (width === undefined) fail("tensors must be f32, i32 or i64", `dtype ${dtype} of ${key}`);
    const count = shape.reduce((product, n) => product * n, 1);
    if (count * (width as number) !== size) {
      fail("a tensor must have as many bytes as its shape", `${size} bytes of ${key}`);
    }
    const file = shards[shard];
    if (file === undefined)
      fail("all shards must be there", `${shards.length}, for ${shard} of ${key}`);
    const end = offset + size;
    if (end > (file as Uint8Array).length) {
      fail("a tensor must lie within its shard", `bytes ${offset} to ${end} of ${key}`);
    }
    tensors[key] = arrayOf((file as Uint8Array).slice(offset, end).buffer, dtype, shape);
  }
  return tensors;
}

function arrayOf(bytes: ArrayBufferLike, dtype: number, shape: readonly number[]): HostArray {
  if (dtype === 1) return { dtype: "f32", shape, data: new Float32Array(bytes) };
  if (dtype === 3) return { dtype: "i32", shape, data: new Int32Array(bytes) };
  return { dtype: "i32", shape, data: Int32Array.from(new BigInt64Array(bytes), Number) };
}
