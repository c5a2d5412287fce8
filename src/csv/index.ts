// renga/csv: tables of comma- and tab-separated values. Needs papaparse beside it: npm install papaparse.

export type { Column, ColumnOptions, ColumnType } from "./column.ts";
export { type Table, type TableOptions, parseTable, readTable } from "./table.ts";
export { type TableDataset, type TableDatasetOptions, tableDataset } from "./tableDataset.ts";
