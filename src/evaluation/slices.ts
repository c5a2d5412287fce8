// Parts of the examples: where a mask is set, a field has a value, or the label is a class.

import { DataError } from "../errors.ts";

/** A mask (`boolean[]`, or `Uint8Array` of 0 and 1), or a value for each example. */
export type SliceField = readonly boolean[] | Uint8Array | ArrayLike<string | number>;

/** A field that was checked and copied. */
export type CheckedField = readonly boolean[] | readonly (string | number)[];

/** Some of the examples, by name. */
export interface Slice {
  readonly name: string;
  readonly kind: "mask" | "value" | "class";
  readonly rows: Uint32Array;
}

/** A field with more values is no way to cut examples. */
const MAX_VALUES = 100;

/** Rows of each value, in the order of the values. */
function rowsByValue<T extends string | number>(values: ArrayLike<T>): Map<T, Uint32Array> {
  const found = new Map<T, number[]>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as T;
    const rows = found.get(value);
    if (rows) rows.push(i);
    else found.set(value, [i]);
  }
  const ordered = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(ordered.map(([value, rows]) => [value, Uint32Array.from(rows)]));
}

/**
 * A copy of a mask or field.
 *
 * @throws {DataError} if it mixes types, is a mask of other numbers than 0 and 1, or has more than
 *   100 values.
 */
export function checkField(name: string, field: SliceField): CheckedField {
  const refuse = (rule: string, got: unknown, remedy: string): never => {
    throw new DataError("EvaluationReport.add", `slice ${name} ${rule}`, {
      ...{ got: String(got), remedy },
    });
  };
  const values = Array.from<boolean | string | number>(field ?? []);
  if (field instanceof Uint8Array) {
    const wrong = field.find((value) => value > 1);
    const remedy = "Pass the values of a field as an array of numbers or strings.";
    return wrong === undefined ? values.map(Boolean) : refuse("must be 0 or 1", wrong, remedy);
  }
  const type = typeof values[0];
  const wrong = values.find((value) => typeof value !== type || Number.isNaN(value));
  if (wrong !== undefined || !["boolean", "string", "number", "undefined"].includes(type)) {
    refuse("must hold booleans, strings or numbers alone", wrong ?? type, "Name what is missing.");
  }
  const count = new Set(values).size;
  if (count > MAX_VALUES) refuse(`must have ${MAX_VALUES} values at most`, count, "Group them.");
  return values as (string | number)[] | boolean[];
}

const isMask = (field: CheckedField): field is readonly boolean[] => typeof field[0] === "boolean";

/** All slices that fields make; those without an example are left out. */
export function slicesOf(fields: Readonly<Record<string, CheckedField>>): Slice[] {
  return Object.entries(fields).flatMap(([name, field]): Slice[] => {
    if (isMask(field)) {
      const rows = Uint32Array.from(field.flatMap((value, i) => (value ? [i] : [])));
      return rows.length > 0 ? [{ name, kind: "mask", rows }] : [];
    }
    return Array.from(rowsByValue(field), ([value, rows]) => {
      return { name: `${name} = ${value}`, kind: "value", rows };
    });
  });
}

/** A slice for each class that occurs, named by `classes` or by its number. */
export function classSlices(labels: ArrayLike<number>, classes: readonly string[]): Slice[] {
  const groups = rowsByValue(labels);
  return Array.from(groups, ([label, rows]) => {
    return { name: classes[label] ?? `${label}`, kind: "class", rows };
  });
}
