// The part of Papa Parse used here, so that the types need no host's library.

declare module "papaparse" {
  interface ParseStep {
    readonly data: string[];
    readonly errors: readonly {
      readonly type: string;
      readonly message: string;
      readonly index?: number;
    }[];
    readonly meta: { readonly cursor: number };
  }

  interface ParseOptions {
    readonly delimiter: string;
    readonly comments?: string;
    step(result: ParseStep): void;
  }

  const papa: { parse(text: string, options: ParseOptions): void };
  export default papa;
}
