// What vitest.config.mjs tells the tests.

declare module "vitest" {
  export interface ProvidedContext {
    /** Whether another host with the same shader compiler and driver runs every shape. */
    isBrief: boolean;
  }
}
export {};
