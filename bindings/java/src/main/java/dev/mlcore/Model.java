// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.nio.file.Path;

/**
 * An artifact, opened and checked. Immutable; threads may share it.
 *
 * <pre>{@code
 * try (Model model = Model.open("churn.mlc"); Context context = model.context()) {
 *     System.out.println(context.predictRow(Map.of("age", 31, "income", 2500.0))[0]);
 * }
 * }</pre>
 *
 * <p>A context is an owner of its model and works on after the model is closed. To swap a model,
 * open the new one, make new contexts, and close the old ones when they are idle.
 */
public final class Model implements AutoCloseable {
    final Handle handle;
    private final Features features;

    private Model(long address) {
        handle = Handle.of(this, Handle.MODEL, address);
        features = new Features(this, handle, Native.modelFeatures(address));
    }

    /**
     * Open a {@code .mlc} file, a directory that holds {@code model.mlc}, or {@code DIR@ALIAS} in a
     * registry. Every byte is checked, and the artifact's proof rows are computed again.
     *
     * <pre>{@code
     * Model model = Model.open("churn/v1");
     * }</pre>
     *
     * @param path the file, the directory, or the directory with its alias or version
     * @return the model, to be closed
     * @throws MlcoreException NOT_FOUND/FILE_NOT_FOUND, UNAVAILABLE/IO_FAILURE, DATA_LOSS with
     *     NOT_AN_ARTIFACT, TRUNCATED, CHECKSUM, MALFORMED_ARTIFACT or PROOF_FAILED,
     *     UNIMPLEMENTED/NEWER_FORMAT, INVALID_ARGUMENT/INVALID_OPTION (a NUL in the path); of a
     *     registry NOT_FOUND with UNKNOWN_ALIAS or UNKNOWN_VERSION, DATA_LOSS/MALFORMED_REGISTRY,
     *     FAILED_PRECONDITION/UNSAFE_FILE
     */
    public static Model open(String path) {
        NativeLoader.require();
        return new Model(Native.modelOpen(Utf8.encode(path, "the path")));
    }

    /**
     * Open a {@code .mlc} file, or a directory that holds {@code model.mlc}.
     *
     * <pre>{@code
     * Model model = Model.open(Path.of("churn", "v1"));
     * }</pre>
     *
     * @param path the file or directory
     * @return the model, to be closed
     * @throws MlcoreException as {@link #open(String)}
     */
    public static Model open(Path path) {
        return open(MlcoreException.notNull(path, "the path").toString());
    }

    /**
     * Open an artifact from its bytes, which are not needed afterwards.
     *
     * <pre>{@code
     * Model model = Model.open(getClass().getResourceAsStream("churn.mlc").readAllBytes());
     * }</pre>
     *
     * @param artifact the content of a {@code .mlc} file
     * @return the model, to be closed
     * @throws MlcoreException as {@link #open(String)}, but for files
     */
    public static Model open(byte[] artifact) {
        NativeLoader.require();
        return new Model(Native.modelOpenBytes(MlcoreException.notNull(artifact, "the artifact")));
    }

    /**
     * The model's name.
     *
     * <pre>{@code
     * log.info("serving " + model.name());
     * }</pre>
     *
     * @return the name
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String name() {
        final long model = handle.enter();
        try {
            return Utf8.decode(Native.modelName(model));
        } finally {
            handle.leave();
        }
    }

    /**
     * The digest that names the artifact's content.
     *
     * <pre>{@code
     * response.setHeader("model-digest", model.digest());
     * }</pre>
     *
     * @return 64 hexadecimal digits
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String digest() {
        final long model = handle.enter();
        try {
            return Utf8.decode(Native.modelDigest(model));
        } finally {
            handle.leave();
        }
    }

    /**
     * The version in the registry that the model was opened from.
     *
     * <pre>{@code
     * try (Model model = Model.open("models/churn@production")) {
     *     log.info("serving version " + model.version());
     * }
     * }</pre>
     *
     * @return the version, from 1; 0 where the model was not opened from a registry
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public long version() {
        final long model = handle.enter();
        try {
            return Native.modelVersion(model);
        } finally {
            handle.leave();
        }
    }

    /**
     * What the model is: name, digest, request, streams, features, outputs, the framework and
     * contract, metadata.
     *
     * <pre>{@code
     * System.out.println(model.describe());
     * }</pre>
     *
     * @return the text of one JSON object
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String describe() {
        final long model = handle.enter();
        try {
            return Utf8.decode(Native.modelDescribe(model));
        } finally {
            handle.leave();
        }
    }

    /**
     * The model's feature definition, fitted. It is closed with the model.
     *
     * <pre>{@code
     * Layout request = model.features().request();
     * }</pre>
     *
     * @return the same object each time
     */
    public Features features() {
        return features;
    }

    /**
     * How many values a row gives, from all boosting rounds.
     *
     * <pre>{@code
     * double[] margins = new double[model.outputCount(Output.MARGIN)];
     * }</pre>
     *
     * @param output what is asked for
     * @return the number of values
     * @throws MlcoreException FAILED_PRECONDITION with CLOSED_HANDLE or INVALID_OPTION (the model
     *     has no such output)
     */
    public int outputCount(Output output) {
        MlcoreException.notNull(output, "the output");
        final long model = handle.enter();
        try {
            return Math.toIntExact(Native.modelOutputCount(model, output.number()));
        } finally {
            handle.leave();
        }
    }

    /**
     * Make a context that gives predictions.
     *
     * <pre>{@code
     * try (Context context = model.context()) {
     *     double churn = context.predictAt(state, row)[0];
     * }
     * }</pre>
     *
     * @return a context, to be closed
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public Context context() {
        return context(Output.PREDICTION);
    }

    /**
     * Make a context.
     *
     * <pre>{@code
     * Context margins = model.context(Output.MARGIN);
     * }</pre>
     *
     * @param output what it gives
     * @return a context, to be closed
     * @throws MlcoreException FAILED_PRECONDITION with CLOSED_HANDLE or INVALID_OPTION (the model
     *     has no such output)
     */
    public Context context(Output output) {
        return context(output, 0, 0);
    }

    /**
     * Make a context that uses the trees of some boosting rounds, as XGBoost's {@code
     * iteration_range}.
     *
     * <pre>{@code
     * Context firstTen = model.context(Output.MARGIN, 0, 10);
     * }</pre>
     *
     * @param output what it gives
     * @param iterationBegin the first round
     * @param iterationEnd the one after the last; 0 is all
     * @return a context, to be closed
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (a range that is empty, negative or
     *     past the last round); FAILED_PRECONDITION with CLOSED_HANDLE or INVALID_OPTION (the model
     *     has no such output)
     */
    public Context context(Output output, int iterationBegin, int iterationEnd) {
        return context(output, iterationBegin, iterationEnd, 1);
    }

    /**
     * Make a context whose calls of many rows may use several threads, where there are rows enough.
     * Bits and errors are those of one.
     *
     * <pre>{@code
     * Context context = model.context(Output.PREDICTION, 0, 0, 2);
     * }</pre>
     *
     * @param output what it gives
     * @param iterationBegin the first round
     * @param iterationEnd the one after the last; 0 is all
     * @param threads at most 256; 0 is 1
     * @return a context, to be closed
     * @throws MlcoreException as {@link #context(Output, int, int)};
     *     INVALID_ARGUMENT/INVALID_OPTION (another number of threads)
     */
    public Context context(Output output, int iterationBegin, int iterationEnd, int threads) {
        MlcoreException.notNull(output, "the output");
        final Layout request = features.request();
        final long model = handle.enter();
        try {
            return new Context(model, request, output, iterationBegin, iterationEnd, threads);
        } finally {
            handle.leave();
        }
    }

    /**
     * Bypass the feature definition: model features in, margins out; NaN is missing. What is given
     * is not checked against any definition: it is for comparing with the framework that trained
     * the model.
     *
     * <pre>{@code
     * double[] margins = model.margins(features, rows);
     * }</pre>
     *
     * @param features the model's features, row after row; rounded to float32 first
     * @param rows how many rows there are
     * @return the margins, row after row
     * @throws MlcoreException INVALID_ARGUMENT with WRONG_WIDTH or INVALID_LENGTH,
     *     FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public double[] margins(double[] features, int rows) {
        MlcoreException.notNull(features, "the features");
        final int columns = Shape.columns(features.length, rows, this.features.names().size());
        final double[] out = new double[Shape.size(rows, outputCount(Output.MARGIN))];
        final long model = handle.enter();
        try {
            Native.modelMarginF64(model, features, rows, columns, out);
        } finally {
            handle.leave();
        }
        return out;
    }

    /**
     * Bypass the feature definition, as {@link #margins(double[], int)}, with the width that models
     * use.
     *
     * <pre>{@code
     * double[] margins = model.margins(new float[] {0.5f, Float.NaN}, 1);
     * }</pre>
     *
     * @param features the model's features, row after row
     * @param rows how many rows there are
     * @return the margins, row after row
     * @throws MlcoreException as {@link #margins(double[], int)}
     */
    public double[] margins(float[] features, int rows) {
        MlcoreException.notNull(features, "the features");
        final int columns = Shape.columns(features.length, rows, this.features.names().size());
        final double[] out = new double[Shape.size(rows, outputCount(Output.MARGIN))];
        final long model = handle.enter();
        try {
            Native.modelMarginF32(model, features, rows, columns, out);
        } finally {
            handle.leave();
        }
        return out;
    }

    /**
     * Frees the model, or leaves it to the contexts that are still open. Its features and layouts
     * are closed.
     */
    @Override
    public void close() {
        handle.close();
    }
}
