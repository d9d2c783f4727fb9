// SPDX-License-Identifier: Apache-2.0
/// <reference lib="es2021" />
/// <reference lib="esnext.disposable" />

/**
 * mlcore for Node.js: scores models from one file, features included, with the bits of training.
 *
 * In the examples `loan` is a model whose request is `{ age: i64, debt: f64?, income: f64 }`, and `shop` one
 * with a stream `orders(customer: string key, at: timestamp event, cds: i64, amount: f64)`. `lender` has a
 * reference profile, and its request is `{ income: f64?, age: i64, country: string?, as_of: timestamp }`.
 * Each example runs in the package's tests.
 */

import type { MonitorOptions, MonitorReport } from "./monitoring.js";
import type { ContextOptions, Matrix, Numbers, Output } from "./scoring.js";

export type * from "./monitoring.js";
export type * from "./scoring.js";

/** What a field of a row may be given as; README.md has the table. */
export type Value = string | number | bigint | boolean | Date | null | undefined;

/** A row as an object: its fields by name, in any order. */
export type RowObject = { readonly [field: string]: Value };

/** A row: an object, or the bytes that `Layout.pack` and `Layout.fromJson` make. */
export type Row = Uint8Array | RowObject;

/** An instant: a Date, or a BigInt of microseconds since 1970-01-01T00:00:00Z. */
export type Instant = Date | bigint;

/** The type of a field. */
export type FieldType = "bool" | "i64" | "f64" | "string" | "timestamp" | "duration";

/** One field of a row. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
}

/** Options of a state. */
export interface StateOptions {
  /** Bytes that events and keys may take; 0, the default, is no limit. */
  maxBytes?: number | bigint;
  /** How many keys there may be; 0, the default, is no limit. */
  maxKeys?: number | bigint;
  /** Microseconds: an event this much older than its key's newest is late. Without it none is. */
  lateness?: bigint;
  /** Every event from here on is ingested; a window that begins before it is refused. */
  completeFrom?: Instant;
}

/** Where a batch of events comes from, so that one that is delivered again is known. */
export interface Origin {
  source: string;
  /** Grows from batch to batch. */
  offset: number | bigint;
}

/** What became of a batch of events. */
export interface IngestReport {
  readonly accepted: number;
  readonly late: number;
  readonly duplicate: number;
  /** Duplicates whose content differs. */
  readonly conflict: number;
  readonly invalid: number;
  /** Events of a batch whose offset was seen before. */
  readonly replayed: number;
  /** The first 16 invalid events: position in the batch, and why. */
  readonly invalidRows: readonly {
    readonly row: number;
    readonly reason: number;
    readonly reasonName: string;
  }[];
  /** What is wrong with the first of them; "" where there is none. */
  readonly invalidMessage: string;
}

/**
 * What the library refused, and why. `code` is a number of gRPC's, `reason` tells one cause from another.
 *
 * @example
 * try {
 *   loan.context().predictRow({ age: 41, debt: null, income: "much" });
 * } catch (error) {
 *   if (!(error instanceof MlcoreError)) throw error;
 *   console.log(error.codeName, error.reasonName, error.column); // INVALID_ARGUMENT type_mismatch 2
 *   console.log(error.code === Code.INVALID_ARGUMENT, error.reason === Reason.TYPE_MISMATCH);
 * }
 */
export class MlcoreError extends Error {
  private constructor();
  readonly name: "MlcoreError";
  /** A number of `Code`. */
  readonly code: number;
  /** As "INVALID_ARGUMENT". */
  readonly codeName: string;
  /** A number of `Reason`; its meaning never changes. */
  readonly reason: number;
  /** As "missing_column". */
  readonly reasonName: string;
  /** Position of the field in its layout, from 0, or null. */
  readonly column: number | null;
  /** Position of the row in its batch, from 0, or null. */
  readonly row: number | null;
}

/** The codes of errors by name. */
export const Code: { readonly [name: string]: number };

/** The reasons of errors by name. */
export const Reason: { readonly [name: string]: number };

/** The library's version, as "0.1.0". */
export const version: string;

/** The bytes of a row: names, types and order of its fields. Asked from `Features`. */
export class Layout {
  private constructor();
  /** The number that every row of this layout begins with. */
  readonly id: bigint;
  readonly fields: Field[];

  /**
   * Packs an object. A field that may be null may be absent.
   * Errors: INVALID_ARGUMENT with missing_column, unknown_column, type_mismatch, null_not_allowed,
   * invalid_utf8, invalid_timestamp, invalid_number or malformed_row (longer than 4 GiB);
   * RESOURCE_EXHAUSTED/out_of_memory. What a getter throws comes through.
   *
   * @example
   * const row = loan.features.request.pack({ age: 41n, income: 30000 });
   * console.log(row.length, loan.context().predictRow(row)[0]);
   */
  pack(values: RowObject): Uint8Array;

  /**
   * Packs one JSON object, as every binding does: a timestamp is `YYYY-MM-DD` or RFC 3339 with an offset.
   * Errors: INVALID_ARGUMENT with malformed_json, missing_column, unknown_column, type_mismatch,
   * null_not_allowed, invalid_timestamp, invalid_number or invalid_utf8.
   *
   * @example
   * const row = shop.features.request.fromJson('{"customer": "ada", "as_of": "1998-01-01"}');
   * shop.features.request.check(row);
   */
  fromJson(text: string): Uint8Array;

  /**
   * Throws unless the bytes are a row of this layout; every call that takes a row does the same.
   * Errors: INVALID_ARGUMENT with layout_mismatch, malformed_row, null_not_allowed, invalid_utf8 or
   * invalid_timestamp.
   *
   * @example
   * loan.features.request.check(loan.features.request.pack({ age: 41, debt: 10, income: 30000 }));
   */
  check(row: Uint8Array): void;
}

/**
 * Packed rows of one layout, one after another.
 *
 * @example
 * const rows = new Rows(shop.features.stream("orders"));
 * rows.append({ customer: "ada", at: new Date("1997-12-24"), cds: 2, amount: 29.5 });
 * console.log(rows.length); // 1
 */
export class Rows {
  constructor(layout: Layout, rows?: Iterable<Row>);
  readonly length: number;
  /** Adds a row. Errors: as `Layout.pack`; packed bytes are checked when they are used. */
  append(row: Row): this;
}

/** A feature definition: a model's, or one compiled from text. */
export class Features {
  private constructor();

  /**
   * Compiles the text of a definition.
   * Errors: INVALID_ARGUMENT with syntax, invalid_utf8, unknown_name, duplicate_name, type_error or
   * limit_exceeded, UNIMPLEMENTED/unsupported_feature; the message has line, column and a caret.
   *
   * @example
   * const features = Features.parse("features twice version 1\ninput x: f64\ny = x * 2.0\noutput [y]");
   * console.log(features.names, features.fingerprint, features.text);
   */
  static parse(text: string): Features;
  /** The definition in canonical form. */
  readonly text: string;
  /** 64 hexadecimal digits that name the definition's meaning. */
  readonly fingerprint: string;
  /** The names of the features a row makes. */
  readonly names: string[];
  /** The names of the streams of events. */
  readonly streams: string[];
  /** A request: keys, inputs, then `as_of` where it is needed. */
  readonly request: Layout;

  /**
   * The layout of a stream's events. Errors: NOT_FOUND/unknown_name.
   *
   * @example
   * console.log(shop.features.stream("orders").fields.map((field) => field.name));
   */
  stream(name: string): Layout;

  /**
   * Computes the features of many requests, row after row, in another thread.
   * Shape: `[requests, names]`, flat. `state` is needed where there is a stream.
   * Errors: FAILED_PRECONDITION with not_fitted or needs_state; as `Layout.check`, with the row;
   * as `Context.predictAt`.
   *
   * @example
   * const features = Features.parse("features twice version 1\ninput x: f64\ny = x * 2.0\noutput [y]");
   * console.log(await features.compute([{ x: 1 }, { x: 2.5 }])); // 2, 5
   */
  compute(requests: Rows | Iterable<Row>, state?: State | null): Promise<Float64Array>;

  /** Frees the definition once nothing that was made from it needs it. */
  close(): void;
  [Symbol.dispose](): void;
}

/** An artifact, opened and checked. Immutable. */
export class Model {
  private constructor();

  /**
   * Opens `FILE.mlc`, a directory that holds `model.mlc`, or `DIR@ALIAS` or `DIR@v3` of a registry, in another
   * thread. Every byte is checked.
   * Errors: NOT_FOUND/file_not_found, UNAVAILABLE/io_failure, INVALID_ARGUMENT with invalid_option (a NUL,
   * or what is no reference) or invalid_utf8, DATA_LOSS with not_an_artifact, truncated, checksum,
   * malformed_artifact or proof_failed, UNIMPLEMENTED/newer_format; of a registry NOT_FOUND with
   * unknown_alias or unknown_version, DATA_LOSS/malformed_registry, FAILED_PRECONDITION/unsafe_file.
   *
   * @example
   * const model = await Model.open(loanFile);
   * console.log(model.name, model.digest);
   * model.close();
   */
  static open(ref: string): Promise<Model>;

  /**
   * Opens an artifact from its bytes, which are copied first. Errors: as `open`, but for files.
   *
   * @example
   * const model = await Model.openBytes(readFileSync(loanFile));
   * console.log(model.describe().request);
   */
  static openBytes(artifact: Uint8Array | ArrayBuffer): Promise<Model>;

  readonly name: string;
  /** 64 hexadecimal digits that name the artifact's content. */
  readonly digest: string;
  /** The version that the model was opened from; 0 when it was not opened from a registry. */
  readonly version: number;
  readonly features: Features;

  /**
   * What the model is: request, streams, features, outputs, framework, contract, metadata.
   *
   * @example
   * console.log(JSON.stringify(loan.describe(), null, 2));
   */
  describe(): Record<string, unknown>;

  /**
   * How many values a row gives as `output`, from all boosting rounds. Errors: INVALID_ARGUMENT or
   * FAILED_PRECONDITION/invalid_option (a class or leaves of a model that has none).
   *
   * @example
   * console.log(loan.outputCount("features")); // 2
   */
  outputCount(output?: Output): number;

  /**
   * Makes a context, which owns its share of the model.
   * Errors: INVALID_ARGUMENT with invalid_option, also for rounds that are none or past the last, or
   * type_mismatch; FAILED_PRECONDITION/invalid_option (a class, leaves or rounds that the model can't tell).
   *
   * @example
   * const context = loan.context({ output: "margin" });
   * console.log(context.predictRow({ age: 41, income: 30000 })[0]);
   * context.close();
   */
  context(options?: ContextOptions): Context;

  /**
   * Bypasses the definition, to compare with the framework that trained the model: model features in,
   * margins out. Shape: `values` is `[rows, columns]`, flat, the result `[rows, margins]`. NaN is missing.
   * Errors: INVALID_ARGUMENT with wrong_width, invalid_length or type_mismatch.
   *
   * @example
   * console.log(await loan.margins(Float64Array.of(20, 0.1, 40, 0.9))); // of two rows
   */
  margins(values: Numbers, columns?: number): Promise<Float64Array>;

  /** Gives up this share of the model; contexts and calls in progress have theirs. */
  close(): void;
  [Symbol.dispose](): void;
}

/** What `Context.bind` may be given. */
export interface BindOptions {
  /** Read for each call, where the definition has streams. */
  state?: State;
  /** Where the output goes: as many values as the context gives. Default: a new array. */
  out?: Float64Array;
}

/**
 * Scores rows of one model. A call for one row returns `out`, the same array each time; a batch a new one.
 * All calls: FAILED_PRECONDITION/closed_handle after `close`.
 */
export class Context {
  private constructor();
  /** The output of the last call for one row; its length is the values of a row. */
  readonly out: Float64Array;

  /**
   * Scores a row of a definition without streams. Errors: as `Layout.pack` and `Layout.check`;
   * FAILED_PRECONDITION/needs_state.
   *
   * @example
   * const [probability] = loan.context().predictRow({ age: 41, debt: 1200, income: 30000 });
   * console.log(probability);
   */
  predictRow(row: Row): Float64Array;

  /**
   * Scores a row of numbers, where every field is a bool, i64 or f64; NaN, null and undefined are null.
   * Errors: FAILED_PRECONDITION with not_numeric or needs_state; INVALID_ARGUMENT with wrong_width,
   * type_mismatch (also a fraction for an i64) or null_not_allowed.
   *
   * @example
   * console.log(loan.context().predictNumbers([41, null, 30000])[0]);
   */
  predictNumbers(values: Numbers | readonly (number | null | undefined)[]): Float64Array;

  /**
   * Scores a row with the events that a state has of its keys. Errors: as `Layout.pack` and
   * `Layout.check`; FAILED_PRECONDITION with stream_mismatch or incomplete_history;
   * OUT_OF_RANGE/not_retained.
   *
   * @example
   * const state = new State(shop.features);
   * state.ingest("orders", [{ customer: "ada", at: new Date("1997-12-24"), cds: 2, amount: 29.5 }]);
   * const [score] = shop.context().predictAt(state, { customer: "ada", as_of: new Date("1998-01-01") });
   * console.log(score);
   */
  predictAt(state: State, row: Row): Float64Array;

  /**
   * Scores a row with the events the caller brings, by the names of their streams, in any order of time; a
   * stream that is left out has none. Errors: as `predictAt`; NOT_FOUND/unknown_name.
   *
   * @example
   * const orders = [{ customer: "ada", at: new Date("1997-12-24"), cds: 2, amount: 29.5 }];
   * const request = { customer: "ada", as_of: new Date("1998-01-01") };
   * console.log(shop.context().predictEvents(request, { orders })[0]);
   */
  predictEvents(
    row: Row,
    events: { readonly [stream: string]: Rows | Iterable<Row> },
  ): Float64Array;

  /**
   * Scores many rows of numbers in another thread; the numbers are copied first.
   * Shape: `values` is `[rows, columns]`, flat, the result `[rows, out.length]`.
   * Errors: as `predictNumbers`, with the row; INVALID_ARGUMENT/invalid_length.
   *
   * @example
   * const scores = await loan.context().predictBatch(Float64Array.of(41, 1200, 30000, 23, NaN, 18000));
   * console.log(scores.length); // 2
   */
  predictBatch(values: Numbers, columns?: number): Promise<Float64Array>;

  /**
   * Scores the rows of a matrix, dense or sparse, in another thread; its arrays are copied first.
   * Shape of the result: `[rows, out.length]`. Errors: as `predictBatch`; INVALID_ARGUMENT with
   * invalid_length, invalid_index, duplicate_column, wrong_width or invalid_number, for what does not fit.
   *
   * @example
   * const values = Float64Array.of(41, 1200, 30000, 23, 18000);
   * const [rowBegin, column] = [Int32Array.of(0, 3, 5), Int32Array.of(0, 1, 2, 0, 2)];
   * console.log(await loan.context({ threads: 2 }).predictMatrix({ values, rowBegin, column }));
   */
  predictMatrix(matrix: Matrix): Promise<Float64Array>;

  /**
   * Scores many rows with the events that a state has of their keys, in another thread; `state` is null for a
   * definition without streams. Shape of the result: `[rows, out.length]`. Errors: as `predictAt`, with the
   * row; FAILED_PRECONDITION/needs_state.
   *
   * @example
   * const asOf = new Date("1998-01-01");
   * const rows = ["ada", "bob"].map((customer) => ({ customer, as_of: asOf }));
   * console.log(await shop.context().predictBatchAt(new State(shop.features), rows));
   */
  predictBatchAt(state: State | null, requests: Rows | Iterable<Row>): Promise<Float64Array>;

  /**
   * Looks the memory of a row and of the output up once, and returns a function without arguments that
   * scores what is in it and returns `out`: a Float64Array or Float32Array as `predictNumbers`, the
   * Uint8Array of a packed row as `predictRow`, or as `predictAt` with a state. Buffers that can be resized
   * or that threads share are refused.
   * Errors: INVALID_ARGUMENT with type_mismatch, wrong_width (of `out`) or invalid_option; each call too, and
   * INVALID_ARGUMENT/invalid_length where a buffer was transferred away.
   *
   * @example
   * const values = new Float64Array(3);
   * const predict = loan.context().bind(values);
   * for (const age of [20, 30, 40]) {
   *   values.set([age, 1200, 30000]);
   *   console.log(predict()[0]);
   * }
   */
  bind(input: Numbers | Uint8Array, options?: BindOptions): () => Float64Array;

  /** Frees the scratch memory; batches in progress have their own. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * The events of many keys. Any model whose definition has equal streams can read it.
 *
 * @example
 * const state = new State(shop.features, { maxKeys: 1_000_000, lateness: 3_600_000_000n });
 * console.log(state.keyCount, state.eventCount, state.memory);
 */
export class State {
  /**
   * Makes an empty state. Errors: FAILED_PRECONDITION/unsupported_feature (no stream); INVALID_ARGUMENT with
   * invalid_option, invalid_timestamp or type_mismatch.
   */
  constructor(features: Features, options?: StateOptions);

  /**
   * Makes a state from a snapshot, in another thread; it goes on with the bits of the one that was copied.
   * Errors: DATA_LOSS with malformed_snapshot, truncated or checksum, FAILED_PRECONDITION/stream_mismatch,
   * and as the constructor.
   *
   * @example
   * const state = new State(shop.features);
   * const restored = await State.restore(shop.features, await state.snapshot());
   * console.log(restored.eventCount);
   */
  static restore(
    features: Features,
    snapshot: Uint8Array | ArrayBuffer,
    options?: StateOptions,
  ): Promise<State>;

  /**
   * Adds events, in any order of time. Objects that can't be packed are an error, and nothing is taken; a
   * packed row that can't be read is counted as invalid, and the others are taken. With an origin, a batch
   * whose offset is not past the greatest one of its source is ignored and counted as replayed.
   * Errors: NOT_FOUND/unknown_name; as `Layout.pack`; INVALID_ARGUMENT with layout_mismatch or
   * invalid_option; RESOURCE_EXHAUSTED/state_full (`row` is the first that was not taken; those before it
   * stay).
   *
   * @example
   * const state = new State(shop.features);
   * const orders = [{ customer: "ada", at: new Date("1997-12-24"), cds: 2, amount: 29.5 }];
   * console.log(state.ingest("orders", orders, { source: "kafka-0", offset: 7n }).accepted); // 1
   * console.log(state.ingest("orders", orders, { source: "kafka-0", offset: 7n }).replayed); // 1
   */
  ingest(stream: string, events: Rows | Iterable<Row>, origin?: Origin): IngestReport;

  /**
   * Promises that no event before `time` minus the lateness will come; what no window can reach any more is
   * forgotten. Errors: FAILED_PRECONDITION/invalid_option (a state without a lateness);
   * INVALID_ARGUMENT with invalid_timestamp or type_mismatch.
   *
   * @example
   * const state = new State(shop.features, { lateness: 0n });
   * state.expire(new Date("1998-01-01"));
   */
  expire(time: Instant): void;

  /**
   * Copies the whole state, offsets of sources included, in another thread.
   *
   * @example
   * const bytes = await new State(shop.features).snapshot();
   * console.log(bytes.length);
   */
  snapshot(): Promise<Uint8Array>;

  /**
   * The greatest offset taken from a source: after a restore, where to go on reading.
   * Errors: NOT_FOUND/unknown_name (nothing was taken from it).
   *
   * @example
   * const state = new State(shop.features);
   * state.ingest("orders", [], { source: "kafka-0", offset: 7 });
   * console.log(state.sourceOffset("kafka-0")); // 7n
   */
  sourceOffset(source: string): bigint;

  readonly keyCount: number;
  readonly eventCount: number;
  /** Bytes that events and keys take. */
  readonly memory: number;

  /** Frees the state; calls in progress have their share. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Compares what contexts see in service with what training saw, pane by pane. The model's artifact needs a
 * reference profile. A monitor counts in its own thread, as contexts do: a worker has its own.
 *
 * @example
 * const monitor = new Monitor(lender, { paneWidth: 86_400_000_000n }); // a pane is a day of `as_of`
 * const context = lender.context();
 * monitor.attach(context);
 * context.predictRow({ income: 75000, age: 40, country: "FR", as_of: new Date("1998-01-02") });
 * const { rows, panes } = await monitor.report();
 * console.log(rows, panes[0].verdict); // 1 INSUFFICIENT
 */
export class Monitor {
  /**
   * Makes a monitor, which owns its share of the model.
   * Errors: FAILED_PRECONDITION with no_reference or needs_as_of (a `paneWidth`, and requests without
   * `as_of`); INVALID_ARGUMENT with other_model (a profile of other columns), type_mismatch or invalid_option
   * (a negative number, a width past 2^53, both widths, more than 4096 panes, an alpha outside 1e-100 to 0.5,
   * a threshold that is not finite).
   */
  constructor(model: Model, options?: MonitorOptions);

  /**
   * Counts from now on what the context scores, batches that begin after this included: features always,
   * predictions where it gives predictions, margins or the class of all rounds, and the calls that the library
   * refuses. A row that can't be packed has not reached it. The context goes on when the monitor is closed.
   * Errors: INVALID_ARGUMENT with other_model or type_mismatch; FAILED_PRECONDITION with already_monitored or
   * closed_handle.
   *
   * @example
   * const monitor = new Monitor(lender);
   * const [predictions, features] = [lender.context(), lender.context({ output: "features" })];
   * monitor.attach(predictions);
   * monitor.attach(features);
   */
  attach(context: Context): void;

  /**
   * Compares every pane with the reference, in another thread; all calls that have returned are counted, and
   * contexts go on meanwhile.
   *
   * @example
   * const { total } = await new Monitor(lender).report();
   * for (const { name, verdict } of total.columns) console.log(name, verdict);
   */
  report(): Promise<MonitorReport>;

  /**
   * The report in Prometheus' text format 0.0.4; docs/monitor.md lists the metrics.
   *
   * @example
   * const monitor = new Monitor(lender);
   * const answer = { type: "text/plain; version=0.0.4; charset=utf-8", body: await monitor.prometheus() };
   * console.log(answer.body.includes("mlcore_predictions_total"));
   */
  prometheus(): Promise<string>;

  /**
   * The report as one HTML file for people, without a script.
   *
   * @example
   * const page = await new Monitor(lender).html();
   * console.log(page.startsWith("<!DOCTYPE html>"));
   */
  html(): Promise<string>;

  /** Frees the monitor; its contexts go on, and reports in progress have their share. */
  close(): void;
  [Symbol.dispose](): void;
}
