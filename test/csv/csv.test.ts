import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/index.ts";
import {
  type Column,
  type Table,
  parseTable,
  readTable,
  tableDataset,
} from "../../src/csv/index.ts";
import { bytesSource, channelStatistics } from "../../src/data/index.ts";
import { expectTypedFaults, gzip } from "../data/sources.ts";

const PENGUINS = `species,island,bill_mm,mass_g,sex
Adelie,Torgersen,39.1,3750,MALE
Adelie,Dream,NA,3800,
"Gentoo","Biscoe, north",46.5,4500,FEMALE

Chinstrap,Dream,+5.15e1,3650,"FE""M"
`;

const values = (table: Table, name: string): number[] => [
  ...((table.columns[name] as Column).values.data as ArrayLike<number> & Iterable<number>),
];

describe("parseTable", () => {
  test("types by what columns hold, categories sorted, gaps as NaN and −1", () => {
    const table = parseTable("penguins.csv", PENGUINS);
    expect(table.rows).toBe(4);
    expect(Object.keys(table.columns)).toEqual(["species", "island", "bill_mm", "mass_g", "sex"]);
    expect(table.columns.species?.categories).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
    expect(values(table, "species")).toEqual([0, 0, 2, 1]);
    expect(table.columns.island?.categories).toContain("Biscoe, north");
    expect(values(table, "bill_mm")).toEqual([Math.fround(39.1), NaN, 46.5, 51.5]);
    expect(table.columns.bill_mm?.missing).toBe(1);
    expect(table.columns.sex?.categories).toEqual(['FE"M', "FEMALE", "MALE"]);
    expect(values(table, "sex")).toEqual([2, -1, 1, 0]);
    expect(table.columns.mass_g?.values.dtype).toBe("f32");
  });

  test("columns as they are declared", () => {
    const table = parseTable("penguins.csv", PENGUINS, {
      columns: {
        species: { categories: ["Gentoo", "Adelie", "Chinstrap", "Emperor"] },
        mass_g: "i32",
        bill_mm: { missing: 40 },
        sex: null,
      },
    });
    expect(values(table, "species")).toEqual([1, 1, 0, 2]);
    expect(table.columns.mass_g?.values).toMatchObject({ dtype: "i32", shape: [4] });
    expect(values(table, "bill_mm")[1]).toBe(40);
    expect(table.columns.sex).toBeUndefined();
    const whole = parseTable("penguins.csv", PENGUINS, { dropMissing: true });
    expect(values(whole, "mass_g")).toEqual([3750, 4500, 3650]);
    // A column that is left out may have gaps.
    const columns = { sex: null, bill_mm: null };
    expect(parseTable("p.csv", PENGUINS, { columns, dropMissing: true }).rows).toBe(4);
  });

  test("headers, delimiters, comments, line ends and byte order marks", () => {
    const text = "\ufeffmade by hand\r\n# a note\r\n1;2\r\n3;-inf\r\n";
    const options = { delimiter: ";", header: false, skipLines: 1, comments: "#" };
    const table = parseTable("a.csv", text, options);
    expect(values(table, "1")).toEqual([2, -Infinity]);
    expect(Object.keys(parseTable("a.csv", text, { ...options, header: ["x", "y"] }).columns)).toEqual(["x", "y"]); // prettier-ignore
    expect(values(parseTable("a.tsv", "x\ty\n1\t 2 "), "y")).toEqual([2]);
    expect(parseTable("a.csv", "x\ra b\rc").rows).toBe(2);
    expect(parseTable("a.csv", "x,y\n").rows).toBe(0);
  });

  test("files, gzipped or not", async () => {
    const bytes = new TextEncoder().encode(PENGUINS);
    const source = bytesSource({ "p.csv.gz": await gzip(bytes) }, "here");
    expect((await readTable(source, "p.csv")).rows).toBe(4);
    await expect(readTable(source, "q.csv")).rejects.toThrow(/here\/q\.csv nor \.gz/);
  });
});

describe("broken tables are told with the line", () => {
  test.each([
    ["a,b\n1,2\n\n3\n", {}, /^t\.csv: every record must have 2 values\. Got 1 at line 4\./],
    ['a,b\n1,"x\ny"\n\n3,4,5\n', {}, /Got 3 at line 5/],
    ['a,b\n1,2\n"x\ny",2,z\n', {}, /Got 3 at line 3/],
    ["a,b\r\n1,2\r\n# c\r\n3,4,5", { comments: "#" }, /Got 3 at line 4/],
    ['a,b\n1,2\n3,"4\n5,6\n', {}, /quotes must enclose.* at line 3/],
    ['a,b\n1,2\n3,"4"x\n', {}, /quotes must enclose.* at line 3/],
    ["a,b\n1,2\n3,x\n", { columns: { b: "f32" } }, /column b must hold numbers\. Got "x" at line 3, column 2/], // prettier-ignore
    ["a,b\n1,2.5\n", { columns: { b: "i32" } }, /hold whole numbers.*"2\.5" at line 2/],
    ["a,b\n1,3000000000\n", { columns: { b: "i32" } }, /"3000000000" at line 2/],
    ["a,b\n1,\n", { columns: { b: "i32" } }, /column b must have every value\. Got none at line 2/],
    ["n\na,b\n1,\n", { skipLines: 1, columns: { b: { missing: "error" } } }, /none at line 3/],
    [
      "a,b\n1,z\n",
      { columns: { b: { categories: ["x", "y"] } } },
      /one of x, y\. Got "z" at line 2/,
    ],
    ["a,a\n1,2\n", {}, /a name of its own\. Got "a" in a, a/],
    ["a,\n1,2\n", {}, /a name of its own\. Got ""/],
    ["a,b\n1,2\n", { columns: { c: "f32" } }, /Got c, where there are a, b/],
    ["a,b\n1,2,3\n", { header: ["a", "b"] }, /2 values\. Got 3 at line 2/],
    ["", {}, /there must be a record/],
    ["a\n", { skipLines: 3 }, /more lines than the 3 to skip/],
  ] as const)("%j", (text, options, message) => {
    expect(() => parseTable("t.csv", text, options)).toThrow(message);
  });

  test("90 damaged files: a table or a DataError", async () => {
    const whole = new TextEncoder().encode(PENGUINS);
    const columns = { species: "category", bill_mm: "f32", mass_g: "i32" } as const;
    const read = (bytes: Uint8Array) =>
      readTable(bytesSource({ "p.csv": bytes }), "p.csv", { columns });
    const messages = await expectTypedFaults(whole, 90, read);
    expect(messages.length).toBeGreaterThan(20);
    for (const message of messages) expect(message).toMatch(/^memory\/p\.csv/);
    const gaps = { columns: { mass_g: { type: "i32", missing: 0.5 } } } as const;
    expect(() => parseTable("p.csv", PENGUINS, gaps)).toThrow(UsageError);
  });
});

describe("tableDataset", () => {
  test("numbers and categories side by side, labels as codes", () => {
    const table = parseTable("penguins.csv", PENGUINS);
    const { data, inputNames } = tableDataset(table, {
      inputs: ["mass_g", "sex"],
      labels: "species",
    });
    expect(inputNames).toEqual(["mass_g", 'sex=FE"M', "sex=FEMALE", "sex=MALE"]);
    expect(data.fields.inputs?.shape).toEqual([4, 4]);
    expect([...(data.fields.inputs?.data.slice(0, 8) ?? [])]).toEqual([
      3750, 0, 0, 1, 3800, 0, 0, 0,
    ]);
    expect(data.fields.labels).toEqual(table.columns.species?.values);
    const all = tableDataset(table, { labels: "species", oneHot: false });
    expect(all.inputNames).toEqual(["island", "bill_mm", "mass_g", "sex"]);
    expect(channelStatistics(all.data.fields.inputs as never).mean[2]).toBe(3925);
    expect(() => tableDataset(table, { labels: "colour" })).toThrow(/Got colour/);
    expect(() => tableDataset(table, { inputs: [] })).toThrow(/an input column/);
  });
});
