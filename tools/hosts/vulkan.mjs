// Which Vulkan driver Deno and Node shall use: the user's, the system's, else packaged SwiftShader.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { unpackedFolder } from "./packaged.mjs";

/** Set to ignore what the system has installed, as on a fresh machine. */
export const ignoreSystem = process.env.RENGA_NO_SYSTEM === "1";

function systemDriverExists() {
  const folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
  return folders.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);
}

/** Environment variables for SwiftShader. */
export function swiftShaderEnvironment() {
  const folder = unpackedFolder();
  const icd = join(folder, "vk_swiftshader_icd.json");
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return { VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd, LD_LIBRARY_PATH: libraries };
}

/** Environment variables that give a process a Vulkan driver; none where it has one. */
export function vulkanEnvironment() {
  if (process.platform !== "linux") return {};
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return {};
  if (!ignoreSystem && systemDriverExists()) return {};
  return swiftShaderEnvironment();
}
