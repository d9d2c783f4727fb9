// SPDX-License-Identifier: Apache-2.0
// What a context is made of, and the numbers that it takes.

/** Numbers in one piece of memory; rows one after another. Memory that threads share is refused. */
export type Numbers = Float64Array | Float32Array;

/**
 * What a context gives: predictions, the model's margins before the link, the features, the index of the class,
 * or of each tree the id of the leaf that the row ends in.
 */
export type Output = "prediction" | "margin" | "features" | "class" | "leaf";

/** Options of a context. */
export interface ContextOptions {
  /** Default: `"prediction"`. */
  output?: Output;
  /** The boosting rounds [begin, end) whose trees are used; an end of 0, the default, is the last. */
  iterations?: readonly [begin: number, end: number];
  /**
   * Threads that one call of many rows may use, where there are rows enough: 1, the default, to 256.
   * Bits and errors are those of one.
   */
  threads?: number;
}

/** Rows of numbers, a column a field of the request: dense, or with `rowBegin` and `column` sparse (CSR). */
export interface Matrix {
  /** Of a dense matrix row by row; of a sparse one its entries. */
  values: Numbers;
  /** Row i has the entries from `rowBegin[i]` up to `rowBegin[i + 1]`. */
  rowBegin?: Int32Array;
  /** The column of each entry, each at most once a row, in any order. */
  column?: Int32Array;
  /** What a sparse row does not hold; by default missing for XGBoost's models, 0 for others. */
  absent?: "default" | "missing" | "zero";
  /** A number that means missing, as NaN does always. */
  missing?: number;
  /** The rows' own base margins, in place of the model's: `[rows, outputs]`, flat. */
  baseMargin?: Float64Array;
}
