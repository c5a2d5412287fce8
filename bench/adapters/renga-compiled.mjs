// Renga with whole functions compiled.

export { compiled as default } from "./renga.mjs";
