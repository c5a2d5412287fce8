// Pictures as PNG files.

/** A picture, row by row: a byte per pixel of a gray one, or four, RGBA. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array | Uint8ClampedArray;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** CRC-32 as PNG has it behind each chunk. */
function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

/** Length, type and data, and the CRC of the last two. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** @see W3C 2003, Portable Network Graphics, second edition. */
export async function encodePng({ width, height, pixels }: Picture): Promise<Uint8Array> {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  const bytes = pixels.length === 4 * width * height ? 4 : 1;
  header.set([8, bytes === 4 ? 6 : 0], 8); // bits, and gray or RGBA; the rest says no interlacing
  // Each line begins with the number of its filter: none.
  const length = bytes * width;
  const lines = new Uint8Array(height * (length + 1));
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * length, (y + 1) * length), y * (length + 1) + 1);
  }
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  return new Uint8Array([...SIGNATURE, ...chunks.flatMap((bytes) => [...bytes])]);
}
