// jax-js with whole functions jitted.

export { jitted as default } from "./jax.mjs";
