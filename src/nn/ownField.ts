// A module's fields behind the getters that may show other values in their place.

/** Modules whose fields are looked after in a call under way, with the fields as they are. */
export const watched: Map<object, ReadonlyMap<string, PropertyDescriptor>> = new Map();

/**
 * A module's field as it is, whatever a `customVariableGetter` shows in its place: for variables that the module
 * gives new values. Getters are asked all the same.
 *
 *     assign(ownField(this, "average"), value);
 */
export function ownField<M extends object, K extends keyof M & string>(module: M, key: K): M[K] {
  const shown = module[key];
  const field = watched.get(module)?.get(key);
  return field === undefined ? shown : (field.value as M[K]);
}
