// Data files that lie in a workspace.

import type { ListedSource } from "../data/files/fileSource.ts";
import type { Workspace } from "./workspace.ts";

/** The files of a workspace as data files, for loaders that read by name. */
export function workspaceSource(workspace: Workspace): ListedSource {
  return {
    describe: (name) => `${workspace.description}/${name}`,
    read: (name) => workspace.read(name),
    list: () => workspace.list(),
  };
}
