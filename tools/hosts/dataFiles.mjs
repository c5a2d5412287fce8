// Files of a folder of data, as servers of pages give them out under /data/.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const PREFIX = "/data/";

/**
 * Answers a request for a file of the data.
 *
 * @param folder   of the data, if there is one.
 * @param path     of the request, without dots.
 * @param nothing  what to say where there is no such file.
 * @returns {Promise<boolean>}  false for other requests.
 */
export async function answerData(folder, response, path, nothing = "not found") {
  if (!path.startsWith(PREFIX)) return false;
  const file = folder === undefined ? undefined : join(folder, path.slice(PREFIX.length));
  const bytes = file === undefined ? null : await readFile(file).catch(() => null);
  response.writeHead(bytes ? 200 : 404).end(bytes ?? nothing);
  return true;
}
