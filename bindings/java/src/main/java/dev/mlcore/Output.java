// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * What a context writes for a row.
 *
 * <pre>{@code
 * try (Context margins = model.context(Output.MARGIN)) {
 *     double margin = margins.predictRow(row)[0];
 * }
 * }</pre>
 */
public enum Output {
    /** The model's prediction: a probability, an expected value, a score. */
    PREDICTION(0),
    /** The sum of the trees, before the link; float32 values, widened. */
    MARGIN(1),
    /** The features that the definition makes of the row. */
    FEATURES(2),
    /** The index of the class, one value; for models that predict a class. */
    CLASS(3),
    /** For each tree, the id of the leaf that the row ends in: XGBoost's {@code pred_leaf}. */
    LEAF(4);

    private final int number;

    Output(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
