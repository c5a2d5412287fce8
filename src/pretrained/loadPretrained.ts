// Values of another library's files, or of another run, for a module's variables.

import { toTensor } from "../data/batchTensors.ts";
import type { HostArray } from "../data/hostArray.ts";
import { DataError, UsageError, shapeText } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { isFloat } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Mapping } from "./mapping.ts";
import { type MatchOptions, type PretrainedTarget, matchingOf } from "./matching.ts";
import { type TensorInfo, type TensorReader, readerOf } from "./tensorReader.ts";

/** Options of `loadPretrained`. */
export interface LoadPretrainedOptions extends MatchOptions {
  /** Whether everything must match, else nothing is changed. Default true. */
  readonly strict?: boolean;
  /** Arrays that may be left over. */
  readonly ignore?: (name: string) => boolean;
}

/** A variable for which a file has an array that does not fit. */
export interface UnlikeTensor {
  /** Of the variable. */
  readonly name: string;
  /** Of the array. */
  readonly tensor: string;
  /** What the array must be, as text: "f32 [10, 784]". */
  readonly wanted: string;
  readonly got: string;
}

/** What came of loading. */
export interface PretrainedReport {
  /** Variables that have the file's values now. */
  readonly matched: readonly string[];
  /** Variables for which the file lacks an array. They are as they were. */
  readonly missing: readonly string[];
  /** Variables whose arrays have other shapes or dtypes. They are as they were. */
  readonly unlike: readonly UnlikeTensor[];
  /** Arrays that no variable took. */
  readonly leftOver: readonly string[];
}

/**
 * Gives variables the values that a file has for them. Everything is compared before anything is read, and read
 * before anything is changed.
 *
 *     const reader = await openSafetensors(urlSource("https://example.org/net/"));
 *     const { leftOver } = await loadPretrained(model, reader, {
 *       mappings: [...pytorch(model.body, (path) => `features.${path}`), ...pytorch(model.head, "fc")],
 *       except: [model.head.b],
 *       strict: false,
 *     });
 *
 * Without mappings variables are matched by name, shape and dtype; f32 and f16 stand for one another.
 *
 * @param target   a module that has seen an input, or variables.
 * @param tensors  arrays by name, or of a file of which only what is needed is read.
 * @throws {DataError} if not everything matches, unless `strict` is false; `details.report` tells what. Also if
 *                     the file cannot be read. Nothing has changed then.
 * @throws {UsageError} if mappings are not of the target's variables.
 */
export async function loadPretrained(
  target: PretrainedTarget,
  tensors: TensorReader | Readonly<Record<string, HostArray>>,
  options: LoadPretrainedOptions = {},
): Promise<PretrainedReport> {
  const { strict = true, ignore = () => false } = options;
  const { names, mappings } = matchingOf("loadPretrained", target, options);
  const reader = isReader(tensors) ? tensors : readerOf(tensors, "loadPretrained");
  const nameOf = (variable: Variable): string => names.get(variable) as string;
  const taken = new Set<string>();
  const fitting: Mapping[] = [];
  const [missing, unlike] = [[] as string[], [] as UnlikeTensor[]];
  for (const mapping of mappings) {
    const found = mapping.tensors.filter(({ name }) => reader.tensors.has(name));
    for (const { name } of found) taken.add(name);
    for (const name of mapping.unneeded ?? []) taken.add(name);
    if (found.length < mapping.tensors.length) {
      missing.push(...mapping.variables.map(nameOf));
      continue;
    }
    const others = unlikeIn(mapping, reader, nameOf);
    if (others.length === 0) fitting.push(mapping);
    unlike.push(...others);
  }
  const leftOver = [...reader.tensors.keys()].filter((name) => !taken.has(name) && !ignore(name));
  const fits = new Set(fitting.flatMap(({ variables }) => variables.map(nameOf)));
  const matched = [...names.values()].filter((name) => fits.has(name));
  const report: PretrainedReport = { matched, missing, unlike, leftOver };
  if (strict) requireAll(reader.where, report);
  const values: [Variable, HostArray][] = [];
  for (const mapping of fitting) values.push(...(await valuesOf(mapping, reader, nameOf)));
  scope(() => values.forEach(([variable, array]) => assign(variable, toTensor(array))));
  return report;
}

function isReader(
  tensors: TensorReader | Readonly<Record<string, HostArray>>,
): tensors is TensorReader {
  return typeof tensors.read === "function";
}

const isNumber = (dtype: string): boolean => dtype === "f32" || dtype === "f16";

/** Of the variables of a mapping, whose arrays do not fit. */
function unlikeIn(
  { variables, tensors }: Mapping,
  reader: TensorReader,
  nameOf: (variable: Variable) => string,
): UnlikeTensor[] {
  const [{ dtype: wanted } = { dtype: "f32" }] = variables;
  const unlike: UnlikeTensor[] = [];
  for (const { name: tensor, shape } of tensors) {
    const { dtype, shape: found } = reader.tensors.get(tensor) as TensorInfo;
    const isAlike = dtype === wanted || (isNumber(dtype) && isNumber(wanted));
    if (isAlike && sameShape(found, shape)) continue;
    const texts = { wanted: `${wanted} ${shapeText(shape)}`, got: `${dtype} ${shapeText(found)}` };
    unlike.push(...variables.map((variable) => ({ name: nameOf(variable), tensor, ...texts })));
  }
  return unlike;
}

function requireAll(where: string, report: PretrainedReport): void {
  const { missing, unlike, leftOver } = report;
  const some = (names: readonly string[]): string =>
    `${names.slice(0, 4).join(", ")}${names.length > 4 ? `, … (${names.length})` : ""}`;
  const parts = [
    ["nothing for", missing],
    ["unlike", unlike.map(({ tensor, wanted, got }) => `${tensor} ${got} for ${wanted}`)],
    ["left over", leftOver],
  ] as const;
  const wrong = parts.filter(([, names]) => names.length > 0);
  if (wrong.length === 0) return;
  throw new DataError(where, "the file must have what the variables need, and nothing else", {
    got: wrong.map(([what, names]) => `${what} ${some(names)}`).join("; "),
    remedy: "Pass mappings or rename, or strict: false to take what matches.",
    report,
  });
}

/** The values of a mapping's variables. @throws {UsageError} if it makes others than they need. */
async function valuesOf(
  mapping: Mapping,
  reader: TensorReader,
  nameOf: (variable: Variable) => string,
): Promise<[Variable, HostArray][]> {
  const arrays: HostArray[] = [];
  for (const { name } of mapping.tensors) arrays.push(await reader.read(name));
  const values = mapping.decode(arrays);
  return mapping.variables.map((variable, i) => {
    const value = values[i];
    if (value === undefined || !sameShape(value.shape, variable.shape)) {
      const got = `${value && shapeText(value.shape)} for ${nameOf(variable)} ${variable}`;
      throw new UsageError("loadPretrained", "a mapping must give its variables' shapes", { got });
    }
    return [variable, isFloat(variable.dtype) ? { ...value, dtype: variable.dtype } : value];
  });
}
