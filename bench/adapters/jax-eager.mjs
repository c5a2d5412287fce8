// jax-js, eager.

export { eager as default } from "./jax.mjs";
