// Modules as text: what they were made with and what is in them.

import { isPlainObject } from "../tensor/plainObject.ts";
import { Variable } from "../tensor/variable.ts";
import { type Module, isModule } from "./module.ts";

/** A setting as text; undefined for what is none, such as variables, modules, and functions without a name. */
function settingText(value: unknown): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "function") return isModule(value) || !value.name ? undefined : value.name;
  if (Array.isArray(value)) {
    const items = value.map(settingText);
    return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  if (!isPlainObject(value)) return undefined;
  const inner = settings(value);
  return inner === "" ? undefined : `{ ${inner} }`;
}

/** Settings among fields. Names are told elsewhere. */
function settings(fields: object): string {
  const parts = Object.entries(fields).flatMap(([key, value]) => {
    if (key === "name" || key.startsWith("_")) return [];
    const text = settingText(value);
    return text === undefined ? [] : `${key}: ${text}`;
  });
  return parts.join(", ");
}

/** Modules and variables directly in a value. */
function within(value: unknown, seen: Set<unknown>): (Module | Variable)[] {
  if (value instanceof Variable || isModule(value)) return [value];
  if ((!Array.isArray(value) && !isPlainObject(value)) || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((item: unknown) => within(item, seen));
}

function lines(module: Module, indent: string, shown: Set<Module>): string[] {
  const title = `${indent}${module.constructor.name} ${module.nameScope.slice(0, -1)}`;
  if (shown.has(module)) return [`${title}, as above`];
  shown.add(module);
  // Options stand among what they are options of.
  const own = Object.entries(module).map(([key, value]: [string, unknown]) => {
    return isPlainObject(value) ? value : { [key]: value };
  });
  const made = own.map(settings).filter(Boolean).join(", ");
  const seen = new Set<unknown>();
  const parts = Object.values(module).flatMap((value: unknown) => within(value, seen));
  const variables = parts.filter((part) => part instanceof Variable);
  const specs = variables.map(({ name, dtype, shape }) => {
    return `${name.slice(name.lastIndexOf("/") + 1)} ${dtype}[${shape.join()}]`;
  });
  const tail = specs.length === 0 ? "" : `: ${specs.join(", ")}`;
  return [
    `${title}${made === "" ? "" : ` (${made})`}${tail}`,
    ...parts.filter(isModule).flatMap((inner) => lines(inner, `${indent}  `, shown)),
  ];
}

/**
 * A module and those in it, a line each: class, name, what it was made with as far as its fields tell, and its
 * own variables.
 *
 *     MLP mlp (outputSizes: [4, 2])
 *       Linear mlp/linear_0 (outputSize: 4, withBias: true): w f32[3,4], b f32[4]
 *       Linear mlp/linear_1 (outputSize: 2, withBias: true): w f32[4,2], b f32[2]
 */
export function formatModule(module: Module): string {
  return lines(module, "", new Set()).join("\n");
}
