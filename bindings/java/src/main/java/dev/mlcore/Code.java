// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.Map;

/**
 * Kinds of failure: the numbers of gRPC, so that HTTP and gRPC statuses follow by a table.
 *
 * <pre>{@code
 * if (error.code() == Code.RESOURCE_EXHAUSTED) {
 *     return 429;
 * }
 * }</pre>
 */
public final class Code {
    /** Ok. */
    public static final int OK = 0;

    /** Cancelled. */
    public static final int CANCELLED = 1;

    /** Unknown. */
    public static final int UNKNOWN = 2;

    /** Invalid argument. */
    public static final int INVALID_ARGUMENT = 3;

    /** Deadline exceeded. */
    public static final int DEADLINE_EXCEEDED = 4;

    /** Not found. */
    public static final int NOT_FOUND = 5;

    /** Already exists. */
    public static final int ALREADY_EXISTS = 6;

    /** Permission denied. */
    public static final int PERMISSION_DENIED = 7;

    /** Resource exhausted. */
    public static final int RESOURCE_EXHAUSTED = 8;

    /** Failed precondition. */
    public static final int FAILED_PRECONDITION = 9;

    /** Aborted. */
    public static final int ABORTED = 10;

    /** Out of range. */
    public static final int OUT_OF_RANGE = 11;

    /** Unimplemented. */
    public static final int UNIMPLEMENTED = 12;

    /** Internal. */
    public static final int INTERNAL = 13;

    /** Unavailable. */
    public static final int UNAVAILABLE = 14;

    /** Data loss. */
    public static final int DATA_LOSS = 15;

    private static final Map<Integer, String> NAMES = Numbers.namesOf(Code.class);

    private Code() {}

    /**
     * The name of a number, or an empty text for one that is not registered.
     *
     * <pre>{@code
     * Code.nameOf(3); // "INVALID_ARGUMENT"
     * }</pre>
     *
     * @param number a number of this class
     * @return its name
     */
    public static String nameOf(int number) {
        return NAMES.getOrDefault(number, "");
    }
}
