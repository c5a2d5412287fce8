// The layers of a module that other libraries have too, with the names they have there.

import { UsageError } from "../errors.ts";
import { type AnyFunction, type Module, allVariables } from "../nn/module.ts";

/** A layer, or any module. */
export type AnyModule = Module<AnyFunction>;

/**
 * What a layer is called in a file: the name of the only one, the beginning of the names of several, or of
 * each by its path in the module (`encoder.linear_0`) and its place among those that are mapped. Layers for
 * which there is null are left out.
 */
export type LayerNames = string | ((path: string, index: number) => string | null);

/** A layer of a module. */
export interface NamedLayer<Layout> {
  readonly layer: AnyModule;
  readonly name: string;
  readonly layout: Layout;
}

/**
 * The layers of a module that have a layout, the module itself if it is one. What lies in a layer belongs to it.
 *
 * @throws {UsageError} if there is none, or one has no variables yet.
 */
export function layersOf<Layout>(
  op: string,
  module: AnyModule,
  names: LayerNames,
  layoutOf: (layer: AnyModule) => Layout | undefined,
): NamedLayer<Layout>[] {
  const inner = new Set<AnyModule>();
  const found: NamedLayer<Layout>[] = [];
  let index = 0;
  for (const layer of [module, ...module.submodules] as AnyModule[]) {
    const layout = inner.has(layer) ? undefined : layoutOf(layer);
    if (layout === undefined) continue;
    for (const part of layer.submodules) inner.add(part as AnyModule);
    const path = pathIn(module, layer);
    const joined = typeof names === "string" && path !== "" ? `${names}.${path}` : names;
    const name = typeof joined === "string" ? joined : joined(path, index);
    index++;
    if (name === null) continue;
    requireCalled(op, layer, allVariables(layer).length > 0);
    found.push({ layer, name, layout });
  }
  if (index > 0) return found;
  throw new UsageError(op, "the module must have layers that the other library has", {
    got: `${module}`,
    remedy: "Map its variables with mapTensor.",
  });
}

/** @throws {UsageError} unless a layer has its variables. */
export function requireCalled(op: string, layer: AnyModule, isCalled: boolean): void {
  if (isCalled) return;
  throw new UsageError(op, "layers must have their variables", {
    got: `${layer}, which has none`,
    remedy: "Call the module once first: modules make their variables when they see an input.",
  });
}

/** Names on the way from a module to one in it, with dots. */
function pathIn(module: AnyModule, layer: AnyModule): string {
  const { nameScope } = layer;
  const own = nameScope.startsWith(module.nameScope)
    ? nameScope.slice(module.nameScope.length)
    : nameScope;
  return own.slice(0, -1).replaceAll("/", ".");
}
