// Runs the nodes of an ONNX graph one after the other with the library's ops.

import { RengaError, UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { OnnxGraph, OnnxNode } from "./model.ts";
import { Call } from "./ops/call.ts";
import { folded } from "./ops/fold.ts";
import { entryOf, reasonFor } from "./ops/table.ts";
import { Value } from "./ops/value.ts";

/** Values by name, with those of graphs around. */
export type Values = Map<string, Value>;

function graphsOf(node: OnnxNode): OnnxGraph[] {
  const attributes = Object.values(node.attributes);
  return attributes.flatMap((attribute) => (attribute.kind === "graph" ? [attribute.value] : []));
}

/** All nodes of a graph and of those within it. */
export function* allNodes(graph: OnnxGraph): Generator<OnnxNode> {
  for (const node of graph.nodes) {
    yield node;
    for (const inner of graphsOf(node)) yield* allNodes(inner);
  }
}

const isConditional = ({ op, domain }: OnnxNode): boolean => op === "If" && domain === undefined;

/** @throws {UsageError} that names every op of the graph which has no entry, with its nodes. */
export function requireOps(graph: OnnxGraph): void {
  const missing = new Map<string, string[]>();
  let reason = "";
  for (const node of allNodes(graph)) {
    if (isConditional(node) || entryOf(node) !== undefined) continue;
    reason = reason === "" ? reasonFor(node) : reason;
    const key = node.domain === undefined ? node.op : `${node.domain}.${node.op}`;
    const names = missing.get(key) ?? [];
    names.push(node.name === "" ? `for ${node.outputs[0] ?? "nothing"}` : node.name);
    missing.set(key, names);
  }
  if (missing.size === 0) return;
  const got = [...missing].map(([op, names]) => `${op} (${names.join(", ")})`).join("; ");
  throw new UsageError("importOnnx", "every op of the model must be one that can be imported", {
    got,
    remedy: "Export the model for another op set, or without these nodes.",
    missing: [...missing.keys()],
    ...{ reason, isUnsupported: true },
  });
}

/** Of an If whose condition is known, the branch that holds. */
function runBranch(node: OnnxNode, opset: number, values: Values): (Value | undefined)[] {
  const call = new Call(node, opset, [values.get(node.inputs[0] ?? "")]);
  const name = call.number(0) === 0 ? "else_branch" : "then_branch";
  const branch = node.attributes[name];
  if (branch?.kind !== "graph") {
    throw new UsageError("importOnnx", `If must have a graph as ${name}`, {
      got: `${branch?.kind ?? "none"} in the node "${node.name}"`,
    });
  }
  const inner: Values = new Map(values);
  for (const [key, tensor] of branch.value.initializers) inner.set(key, Value.ofFile(tensor));
  runNodes(branch.value, opset, inner);
  return branch.value.outputs.map((output) => inner.get(output.name));
}

function runNode(node: OnnxNode, opset: number, values: Values): (Value | undefined)[] {
  if (isConditional(node)) return runBranch(node, opset, values);
  const inputs = node.inputs.map((input) => values.get(input));
  const call = new Call(node, opset, inputs);
  const known = folded(call, inputs);
  if (known !== undefined) return [known];
  const result = entryOf(node)?.(call);
  const all = (Array.isArray(result) ? result : [result]) as (Tensor | undefined)[];
  return all.map((tensor) => tensor && new Value(tensor));
}

/** What a node cannot mean may fail anywhere in its op: the error says at which node, at least. */
function runChecked(node: OnnxNode, opset: number, values: Values): (Value | undefined)[] {
  try {
    return runNode(node, opset, values);
  } catch (cause) {
    if (cause instanceof RengaError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    const rule = `the node "${node.name}" must be as ONNX describes ${node.op}`;
    throw new UsageError("importOnnx", rule, { got, cause });
  }
}

/** Runs all nodes; their results join `values`. */
export function runNodes(graph: OnnxGraph, opset: number, values: Values): void {
  for (const node of graph.nodes) {
    // Constants that were taken over with the initializers.
    if (node.op === "Constant" && values.has(node.outputs[0] ?? "")) continue;
    const results = runChecked(node, opset, values);
    node.outputs.forEach((name, i) => {
      const value = results[i];
      if (name !== "" && value !== undefined) values.set(name, value);
    });
  }
}
