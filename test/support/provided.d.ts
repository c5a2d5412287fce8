// What vitest.config.mjs tells the tests.

declare module "vitest" {
  export interface ProvidedContext {
    /** Whether another host with the same shader compiler and driver runs every shape. */
    isBrief: boolean;
    /** Whether tables of expected numbers are to be made anew: RENGA_NUMBERS=print. */
    printsNumbers: boolean;
    /** Whether there is little time. */
    isCI: boolean;
  }
}
export {};
