// renga/evaluation: models, seeds and checkpoints compared, from results per example.

export { type Bar, barChart } from "./barChart.ts";
export { bootstrap } from "./bootstrap.ts";
export { type CalibrationBin, expectedCalibrationError } from "./calibration.ts";
export type { ClassResult } from "./classResults.ts";
export { type Statistic, balancedAccuracy, macroF1 } from "./classStatistics.ts";
export type { Comparison, ComparisonTest, TestName } from "./comparison.ts";
export { confusionMatrix } from "./confusionMatrix.ts";
export { type ComparisonOptions, EvaluationReport, type ReportFiles } from "./evaluationReport.ts";
export { holm } from "./holm.ts";
export type { BootstrapOptions, Estimate } from "./interval.ts";
export { type Line, type LinePoint, lineChart } from "./lineChart.ts";
export { mcNemar } from "./mcNemar.ts";
export { pairedTTest } from "./pairedTTest.ts";
export type { ExampleValues, TestResult } from "./pairs.ts";
export { reliabilityDiagram } from "./reliabilityDiagram.ts";
export type { ReportJson } from "./reportJson.ts";
export type { ReportOptions, ReportSettings } from "./reportOptions.ts";
export type { ReportRow, RowMetric } from "./reportRow.ts";
export type { RowScore } from "./resample.ts";
export type { Curve, Run, RunResults } from "./run.ts";
export type { SliceResult, WorstSlicesOptions } from "./sliceResults.ts";
export type { CheckedField, SliceField } from "./slices.ts";
export { wilcoxonSignedRank } from "./wilcoxonSignedRank.ts";
