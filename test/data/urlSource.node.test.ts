// Files from a server that answers, does not know, breaks off, or is not there.

import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataError } from "../../src/index.ts";
import { type ReadProgress, urlSource } from "../../src/data/index.ts";

const BODY = new Uint8Array(300_000).map((_, i) => i % 251);
let server: Server;
let base = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const name = request.url?.slice("/set/".length) ?? "";
    response.setHeader("connection", "close");
    if (name === "whole") response.setHeader("content-length", BODY.length).end(BODY);
    else if (name === "packed") response.setHeader("content-encoding", "gzip").end(gzipSync(BODY));
    else if (name === "cut") {
      response.setHeader("content-length", BODY.length);
      response.write(BODY.slice(0, 100_000), () => response.destroy());
    } else if (name.startsWith("ranges")) {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      const [start, end] = [Number(from), Math.min(Number(to) + 1, BODY.length)];
      const total = name === "rangesOfUnknown" ? "*" : `${BODY.length}`;
      if (start >= BODY.length) {
        response.writeHead(416, { "content-range": `bytes */${total}` }).end("<html>");
      } else {
        const shift = name === "rangesShifted" ? 1 : 0;
        response.setHeader("content-range", `bytes ${start + shift}-${end - 1}/${total}`);
        response.writeHead(206).end(BODY.slice(start + shift, end));
      }
    } else response.writeHead(name === "broken" ? 500 : 404).end("<html>");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("files come whole, with progress", async () => {
  const progress: ReadProgress[] = [];
  const bytes = await urlSource(base).read("whole", (now) => progress.push(now));
  expect(Buffer.compare(bytes ?? BODY.slice(1), BODY)).toBe(0);
  expect(progress[0]).toEqual({ name: "whole", loaded: 0, total: BODY.length });
  expect(progress.at(-1)).toEqual({ name: "whole", loaded: BODY.length, total: BODY.length });
  const packed = await urlSource(base).read("packed", (now) => progress.push(now));
  expect(Buffer.compare(packed ?? BODY.slice(1), BODY)).toBe(0);
  expect(progress.at(-1)?.total).toBeUndefined();
});

test("absence is null; everything else is told by its address", async () => {
  const source = urlSource(base);
  expect(await source.read("none")).toBeNull();
  await expect(source.read("broken")).rejects.toThrow(/set\/broken: .*Got status 500/);
  const cut = await source.read("cut").catch((error: unknown) => error);
  expect(cut).toBeInstanceOf(DataError);
  expect((cut as Error).message).toMatch(/set\/cut: .*a break after byte \d+ of 300000/);
  await expect(urlSource("http://127.0.0.1:1/").read("a")).rejects.toThrow(
    /127\.0\.0\.1:1\/a: the server must be within reach/,
  );
});

test("parts of a file, where the server knows ranges; else all of it", async () => {
  const source = urlSource(base);
  const read = source.readRange as NonNullable<typeof source.readRange>;
  const [part, size] = [BODY.slice(100, 200), BODY.length];
  expect(await read("ranges", 100, 200)).toEqual({ start: 100, bytes: part, size });
  const unknown = await read("rangesOfUnknown", 100, 200);
  expect(unknown).toEqual({ start: 100, bytes: part, size: undefined });
  const last = await read("ranges", size - 5, size + 5);
  expect(last).toEqual({ start: size - 5, bytes: BODY.slice(-5), size });
  const beyond = await read("ranges", size, size + 5);
  expect(beyond).toEqual({ start: size, bytes: new Uint8Array(0), size });
  const all = await read("whole", 100, 200);
  expect([all?.start, all?.bytes.length, all?.size]).toEqual([0, size, size]);
  expect(await read("none", 0, 1)).toBeNull();
  await expect(read("rangesShifted", 100, 200)).rejects.toThrow(
    /bytes from 101 for bytes from 100/,
  );
  await expect(read("broken", 0, 1)).rejects.toThrow(DataError);
});
