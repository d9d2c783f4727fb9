// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.Locale;
import java.util.Map;

/**
 * Causes of failures, in hundreds by subject: 1xx calling the library, 2xx data, 3xx definitions
 * and states, 4xx models, 5xx artifacts, 6xx files. A number never changes its meaning.
 *
 * <pre>{@code
 * if (error.reason() == Reason.MISSING_COLUMN) {
 *     System.err.println("column " + error.column());
 * }
 * }</pre>
 */
public final class Reason {
    /** None. */
    public static final int NONE = 0;

    /** Null pointer. */
    public static final int NULL_POINTER = 101;

    /** Abi mismatch. */
    public static final int ABI_MISMATCH = 102;

    /** Buffer too small. */
    public static final int BUFFER_TOO_SMALL = 103;

    /** Invalid option. */
    public static final int INVALID_OPTION = 104;

    /** Closed handle. */
    public static final int CLOSED_HANDLE = 105;

    /** Out of memory. */
    public static final int OUT_OF_MEMORY = 106;

    /** Internal fault. */
    public static final int INTERNAL_FAULT = 107;

    /** Wrong width. */
    public static final int WRONG_WIDTH = 108;

    /** Invalid length. */
    public static final int INVALID_LENGTH = 109;

    /** Invalid index. */
    public static final int INVALID_INDEX = 110;

    /** Handle in use. */
    public static final int HANDLE_IN_USE = 111;

    /** Missing column. */
    public static final int MISSING_COLUMN = 201;

    /** Unknown column. */
    public static final int UNKNOWN_COLUMN = 202;

    /** Type mismatch. */
    public static final int TYPE_MISMATCH = 203;

    /** Null not allowed. */
    public static final int NULL_NOT_ALLOWED = 204;

    /** Invalid utf8. */
    public static final int INVALID_UTF8 = 205;

    /** Malformed csv. */
    public static final int MALFORMED_CSV = 206;

    /** Malformed json. */
    public static final int MALFORMED_JSON = 207;

    /** Empty input. */
    public static final int EMPTY_INPUT = 208;

    /** Invalid timestamp. */
    public static final int INVALID_TIMESTAMP = 209;

    /** Invalid number. */
    public static final int INVALID_NUMBER = 210;

    /** Layout mismatch. */
    public static final int LAYOUT_MISMATCH = 211;

    /** Malformed row. */
    public static final int MALFORMED_ROW = 212;

    /** Duplicate column. */
    public static final int DUPLICATE_COLUMN = 213;

    /** Syntax. */
    public static final int SYNTAX = 301;

    /** Unknown name. */
    public static final int UNKNOWN_NAME = 302;

    /** Duplicate name. */
    public static final int DUPLICATE_NAME = 303;

    /** Type error. */
    public static final int TYPE_ERROR = 304;

    /** Limit exceeded. */
    public static final int LIMIT_EXCEEDED = 305;

    /** Needs state. */
    public static final int NEEDS_STATE = 306;

    /** Not retained. */
    public static final int NOT_RETAINED = 307;

    /** Not fitted. */
    public static final int NOT_FITTED = 308;

    /** Stream mismatch. */
    public static final int STREAM_MISMATCH = 309;

    /** Malformed snapshot. */
    public static final int MALFORMED_SNAPSHOT = 310;

    /** State full. */
    public static final int STATE_FULL = 311;

    /** Incomplete history. */
    public static final int INCOMPLETE_HISTORY = 312;

    /** Unsupported feature. */
    public static final int UNSUPPORTED_FEATURE = 313;

    /** Needs as of. */
    public static final int NEEDS_AS_OF = 314;

    /** Not numeric. */
    public static final int NOT_NUMERIC = 315;

    /** Malformed model. */
    public static final int MALFORMED_MODEL = 401;

    /** Unsupported model. */
    public static final int UNSUPPORTED_MODEL = 402;

    /** Invalid tree. */
    public static final int INVALID_TREE = 403;

    /** Feature count. */
    public static final int FEATURE_COUNT = 404;

    /** Feature names. */
    public static final int FEATURE_NAMES = 405;

    /** Not an artifact. */
    public static final int NOT_AN_ARTIFACT = 501;

    /** Truncated. */
    public static final int TRUNCATED = 502;

    /** Checksum. */
    public static final int CHECKSUM = 503;

    /** Newer format. */
    public static final int NEWER_FORMAT = 504;

    /** Malformed artifact. */
    public static final int MALFORMED_ARTIFACT = 505;

    /** Proof failed. */
    public static final int PROOF_FAILED = 506;

    /** File not found. */
    public static final int FILE_NOT_FOUND = 601;

    /** Io failure. */
    public static final int IO_FAILURE = 602;

    /** Malformed spec. */
    public static final int MALFORMED_SPEC = 603;

    /** Label leak. */
    public static final int LABEL_LEAK = 604;

    /** Training failed. */
    public static final int TRAINING_FAILED = 605;

    /** Version exists. */
    public static final int VERSION_EXISTS = 606;

    /** Unknown version. */
    public static final int UNKNOWN_VERSION = 701;

    /** Unknown alias. */
    public static final int UNKNOWN_ALIAS = 702;

    /** Alias moved. */
    public static final int ALIAS_MOVED = 703;

    /** Gate refused. */
    public static final int GATE_REFUSED = 704;

    /** Malformed registry. */
    public static final int MALFORMED_REGISTRY = 705;

    /** Unsafe file. */
    public static final int UNSAFE_FILE = 706;

    /** No previous version. */
    public static final int NO_PREVIOUS_VERSION = 707;

    /** No reference. */
    public static final int NO_REFERENCE = 801;

    /** Other model. */
    public static final int OTHER_MODEL = 802;

    /** Already monitored. */
    public static final int ALREADY_MONITORED = 803;

    private static final Map<Integer, String> NAMES = Numbers.namesOf(Reason.class);

    private Reason() {}

    /**
     * The name of a number, or an empty text for one that is not registered.
     *
     * <pre>{@code
     * Reason.nameOf(201); // "missing_column"
     * }</pre>
     *
     * @param number a number of this class
     * @return its name
     */
    public static String nameOf(int number) {
        return NAMES.getOrDefault(number, "").toLowerCase(Locale.ROOT);
    }
}
