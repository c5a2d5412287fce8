// Whether the nodes of a graph follow one another: every value is made once, before it is read.

import { DataError } from "../errors.ts";
import type { OnnxGraph } from "./model.ts";

/**
 * Checks a graph and those within it.
 *
 * @param outer  names of values around the graph.
 * @throws {DataError} for a value that is read before it is made, or made twice.
 */
export function checkGraph(
  source: string,
  graph: OnnxGraph,
  outer: ReadonlySet<string> = new Set(),
): void {
  const made = new Set(outer);
  for (const { name } of graph.inputs) made.add(name);
  for (const name of graph.initializers.keys()) made.add(name);
  const outputs = new Set<string>();
  for (const { op, name, inputs, outputs: results, attributes } of graph.nodes) {
    const missing = inputs.find((input) => input !== "" && !made.has(input));
    if (missing !== undefined) {
      throw new DataError(source, "values must be made before they are read", {
        got: `"${missing}", which ${op} "${name}" reads`,
      });
    }
    for (const attribute of Object.values(attributes)) {
      if (attribute.kind === "graph") checkGraph(source, attribute.value, made);
    }
    for (const result of results) {
      if (result === "") continue;
      if (outputs.has(result) || (made.has(result) && !outer.has(result))) {
        throw new DataError(source, "values must be made once", {
          got: `"${result}" of ${op} "${name}" again`,
        });
      }
      outputs.add(result);
      made.add(result);
    }
  }
  const missing = graph.outputs.find(({ name }) => !made.has(name));
  if (missing !== undefined) {
    throw new DataError(source, "outputs of a graph must be made in it", {
      got: `"${missing.name}", which no node makes`,
    });
  }
}
