// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.time.Duration;
import java.time.Instant;

/**
 * Limits of a state.
 *
 * <pre>{@code
 * StateOptions options = StateOptions.DEFAULT.withMaxBytes(1L << 30).withLateness(Duration.ofDays(1));
 * State state = new State(model.features(), options);
 * }</pre>
 *
 * @param maxBytes memory that events and keys may take; 0 is unlimited
 * @param maxKeys how many keys there may be; 0 is unlimited
 * @param lateness how far behind the newest event one may come; null: nothing is late and all is
 *     kept
 * @param completeFrom every event from here on is ingested; null: all are
 */
public record StateOptions(long maxBytes, long maxKeys, Duration lateness, Instant completeFrom) {
    /** No limit. */
    public static final StateOptions DEFAULT = new StateOptions(0, 0, null, null);

    private static final long HAS_LATENESS = 1;
    private static final long HAS_COMPLETE_FROM = 2;

    /**
     * Set what is limited.
     *
     * <pre>{@code
     * new StateOptions(1L << 30, 0, Duration.ofDays(1), null);
     * }</pre>
     *
     * @param maxBytes memory that events and keys may take; 0 is unlimited
     * @param maxKeys how many keys there may be; 0 is unlimited
     * @param lateness how far behind the newest event one may come; null: nothing is late and all
     *     is kept
     * @param completeFrom every event from here on is ingested; null: all are
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (a negative limit)
     */
    public StateOptions {
        if (maxBytes < 0 || maxKeys < 0) {
            throw MlcoreException.invalid(Reason.INVALID_OPTION, "a limit of a state is negative");
        }
    }

    /**
     * The same with another {@code maxBytes}.
     *
     * <pre>{@code
     * StateOptions.DEFAULT.withMaxBytes(1L << 30);
     * }</pre>
     *
     * @param bytes the limit; 0 is unlimited
     * @return new options
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (a negative limit)
     */
    public StateOptions withMaxBytes(long bytes) {
        return new StateOptions(bytes, maxKeys, lateness, completeFrom);
    }

    /**
     * The same with another {@code maxKeys}.
     *
     * <pre>{@code
     * StateOptions.DEFAULT.withMaxKeys(1_000_000);
     * }</pre>
     *
     * @param keys the limit; 0 is unlimited
     * @return new options
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (a negative limit)
     */
    public StateOptions withMaxKeys(long keys) {
        return new StateOptions(maxBytes, keys, lateness, completeFrom);
    }

    /**
     * The same with another {@code lateness}.
     *
     * <pre>{@code
     * StateOptions.DEFAULT.withLateness(Duration.ofHours(6));
     * }</pre>
     *
     * @param duration the lateness, or null
     * @return new options
     */
    public StateOptions withLateness(Duration duration) {
        return new StateOptions(maxBytes, maxKeys, duration, completeFrom);
    }

    /**
     * The same with another {@code completeFrom}.
     *
     * <pre>{@code
     * StateOptions.DEFAULT.withCompleteFrom(Instant.parse("1997-01-01T00:00:00Z"));
     * }</pre>
     *
     * @param time the beginning, or null
     * @return new options
     */
    public StateOptions withCompleteFrom(Instant time) {
        return new StateOptions(maxBytes, maxKeys, lateness, time);
    }

    /** What the natives take: flags, max_bytes, max_keys, lateness, complete_from. */
    long[] numbers() {
        final long[] numbers = {0, maxBytes, maxKeys, 0, 0};
        if (lateness != null) {
            numbers[0] |= HAS_LATENESS;
            try {
                numbers[3] = Micros.of(lateness);
            } catch (ArithmeticException error) {
                throw MlcoreException.invalid(
                        Reason.INVALID_OPTION, "lateness: " + lateness + " is too long");
            }
        }
        if (completeFrom != null) {
            numbers[0] |= HAS_COMPLETE_FROM;
            numbers[4] = Micros.argument(completeFrom, "completeFrom");
        }
        return numbers;
    }
}
