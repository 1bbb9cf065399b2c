/**
 * Least squares of rows that lie in a {@link StreamingQr} as `[1, features…, target]`. Features are standardised, so that
 * what counts as constant or collinear, and what a ridge costs, does not depend on units.
 */
import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';

export interface LinearFit {
  readonly intercept: number;
  /** One a feature; 0 for one that was left out. */
  readonly coefficients: readonly number[];
  /** Indexes of features that have one value in all rows. */
  readonly constant: readonly number[];
  /** Indexes of features that the ones before them tell already. */
  readonly collinear: readonly number[];
  /** Ratio of the largest to the least singular value of the standardised features in use. */
  readonly condition: number;
}

export interface FitOptions {
  readonly rows: number;
  /** What was subtracted from each feature, and last from the target, before the rows were pushed. */
  readonly offsets: ArrayLike<number>;
  /** Penalty on the squared coefficients of the standardised features, as in scikit-learn's `Ridge(alpha)`; 0 for none. */
  readonly ridge: number;
}

/** Of a feature's size: what is left of it beside its mean, or beside the features before it, is rounding. */
const CONSTANT = 1e-12;
const COLLINEAR = 1e-8;

/** @param triangle R of the rows `[1, features…, target]`; further columns are not looked at. */
export function fitLinear(
  triangle: readonly Float64Array[],
  features: number,
  { rows, offsets, ridge }: FitOptions,
): LinearFit {
  // Below the first row and beside the first column stands the R of the centred columns.
  const at = (row: number, column: number) => triangle[row + 1]?.[column + 1] ?? 0;
  const root = triangle[0]?.[0] ?? 1;
  const mean = (column: number) => (triangle[0]?.[column + 1] ?? 0) / root;
  const deviation = (column: number) => {
    let sum = 0;
    for (let row = 0; row <= column; row++) sum += at(row, column) ** 2;
    return Math.sqrt(sum / rows);
  };
  const deviations = Array.from({ length: features }, (_, column) => deviation(column));
  const constant = deviations.flatMap((value, column) =>
    value > CONSTANT * (Math.abs(mean(column)) + Math.abs(offsets[column] ?? 0)) ? [] : [column],
  );
  const varying = deviations.map((_, column) => column).filter((column) => !constant.includes(column));
  const standardised = (columns: readonly number[]) =>
    new Matrix(
      Array.from({ length: features + 1 }, (_, row) =>
        columns.map((column) => (row <= column ? at(row, column) / (deviations[column] ?? 1) : 0)),
      ),
    );
  const { used, collinear } =
    ridge > 0 ? { used: varying, collinear: [] } : independent(varying, standardised, Math.sqrt(rows));
  const coefficients = new Array<number>(features).fill(0);
  let intercept = mean(features) + (offsets[features] ?? 0);
  if (used.length === 0) return { intercept, coefficients, constant, collinear, condition: 1 };
  const matrix = standardised(used);
  const target = Matrix.columnVector(
    Array.from({ length: features + 1 }, (_, row) => (row <= features ? at(row, features) : 0)),
  );
  const solution =
    ridge > 0
      ? new QrDecomposition(withPenalty(matrix, ridge)).solve(withZeros(target, used.length))
      : new QrDecomposition(matrix).solve(target);
  for (const [index, column] of used.entries()) {
    const coefficient = solution.get(index, 0) / (deviations[column] ?? 1);
    coefficients[column] = coefficient;
    intercept -= coefficient * (mean(column) + (offsets[column] ?? 0));
  }
  const { condition } = new SingularValueDecomposition(matrix, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  return { intercept, coefficients, constant, collinear, condition };
}

/** Leaves out every column that those before it tell but for rounding, one at a time: its noise must not tell others. */
function independent(
  columns: readonly number[],
  standardised: (columns: readonly number[]) => Matrix,
  norm: number,
): { readonly used: readonly number[]; readonly collinear: readonly number[] } {
  let used = columns;
  const collinear: number[] = [];
  while (used.length > 0) {
    const r = new QrDecomposition(standardised(used)).upperTriangularMatrix;
    const dependent = used.findIndex((_, index) => Math.abs(r.get(index, index)) < COLLINEAR * norm);
    if (dependent < 0) break;
    collinear.push(used[dependent] as number);
    used = used.filter((_, index) => index !== dependent);
  }
  return { used, collinear };
}

function withPenalty(matrix: Matrix, ridge: number): Matrix {
  const { rows, columns } = matrix;
  const stacked = Matrix.zeros(rows + columns, columns);
  stacked.setSubMatrix(matrix, 0, 0);
  for (let index = 0; index < columns; index++) stacked.set(rows + index, index, Math.sqrt(ridge));
  return stacked;
}

function withZeros(target: Matrix, count: number): Matrix {
  const longer = Matrix.zeros(target.rows + count, 1);
  longer.setSubMatrix(target, 0, 0);
  return longer;
}
