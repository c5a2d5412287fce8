// Renga, eager.

export { eager as default } from "./renga.mjs";
