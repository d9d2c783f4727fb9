// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.time.Duration;
import java.time.Instant;

/**
 * Time as the library counts it: microseconds since 1970-01-01T00:00:00Z. Nanoseconds are floored.
 */
final class Micros {
    private static final long PER_SECOND = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;

    private Micros() {}

    /** Throws ArithmeticException when the microseconds do not fit into a long. */
    static long of(Instant time) {
        return of(time.getEpochSecond(), time.getNano());
    }

    /** Throws ArithmeticException when the microseconds do not fit into a long. */
    static long of(Duration duration) {
        return of(duration.getSeconds(), duration.getNano());
    }

    /** The nanoseconds are never negative, so that dividing them floors. */
    private static long of(long seconds, int nanos) {
        return Math.addExact(Math.multiplyExact(seconds, PER_SECOND), nanos / NANOS_PER_MICRO);
    }

    static long argument(Instant time, String what) {
        MlcoreException.notNull(time, what);
        try {
            return of(time);
        } catch (ArithmeticException error) {
            throw MlcoreException.invalid(
                    Reason.INVALID_TIMESTAMP,
                    what + ": " + time + " is outside the years 0001 to 9999");
        }
    }
}
