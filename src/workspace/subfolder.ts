// A part of a workspace as a workspace of its own.

import { type Workspace, requirePath } from "./workspace.ts";

/**
 * The files under `path` of a workspace, by their path from there: one run's among those of many.
 *
 *     await new SupervisedTrain({ steps, workspace: subfolder(workspace, "runs/a") })(parts);
 */
export function subfolder(workspace: Workspace, path: string): Workspace {
  const start = `${requirePath(path)}/`;
  const inside = (inner: string): string => start + requirePath(inner);
  return {
    description: `${workspace.description}/${path}`,
    read: async (inner) => workspace.read(inside(inner)),
    write: async (inner, bytes) => workspace.write(inside(inner), bytes),
    append: async (inner, bytes) => workspace.append(inside(inner), bytes),
    async list(prefix = "") {
      const paths = await workspace.list(start + prefix);
      return paths.map((found) => found.slice(start.length));
    },
    remove: async (inner) => workspace.remove(inside(inner)),
  };
}
