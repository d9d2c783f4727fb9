// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;

/** What the tests share. -Dmlcore.fixtures names the folder that make_artifacts wrote. */
final class Fixtures {
    static final Instant NEW_YEAR = Instant.parse("1998-01-01T00:00:00Z");

    /** One input of each type that can be null, and a key: the features are what the row says. */
    static final String EVERY_TYPE =
            """
            features every version 1
            input flag: bool
            input whole: i64
            input real: f64?
            input text: string
            input at: timestamp
            input took: duration
            flagged = if(flag, 1, 0)
            counted = whole
            measured = real
            named = if(text == "Zoë", 1, 0)
            early = if(at < timestamp("1998-01-01"), 1, 0)
            short = if(took < 5m, 1, 0)
            output [flagged, counted, measured, named, early, short]
            """;

    private Fixtures() {}

    static Path folder(String property) {
        final String folder = System.getProperty(property);
        if (folder == null || !Files.isDirectory(Path.of(folder))) {
            throw new IllegalStateException("-D" + property + "=" + folder + " is not a folder");
        }
        return Path.of(folder);
    }

    static Model loan() {
        return Model.open(folder("mlcore.fixtures").resolve("loan.mlc"));
    }

    static Model shop() {
        return Model.open(folder("mlcore.fixtures").resolve("shop.mlc"));
    }

    /** A model with a reference profile. */
    static Model lender() {
        return Model.open(folder("mlcore.fixtures").resolve("lender.mlc"));
    }

    /** The repository's top folder: Maven runs tests in the folder of the pom. */
    static Path top() {
        return Path.of("").toAbsolutePath().getParent().getParent();
    }

    static Map<String, Object> order(String customer, String at, double amount) {
        return Map.of(
                "customer",
                customer,
                "at",
                Instant.parse(at + "T00:00:00Z"),
                "cds",
                1,
                "amount",
                amount);
    }

    static Rows threeOrders(Features features) {
        return new Rows(features.stream("orders"))
                .add(order("ada", "1997-12-20", 20.5))
                .add(order("ada", "1997-06-01", 9.25))
                .add(order("bob", "1997-12-24", 0.25));
    }

    static MlcoreException refused(int code, int reason, Executable call) {
        final MlcoreException error = assertThrows(MlcoreException.class, call);
        assertEquals(
                Code.nameOf(code) + "/" + Reason.nameOf(reason),
                error.codeName() + "/" + error.reasonName());
        return error;
    }

    static MlcoreException invalid(int reason, Executable call) {
        return refused(Code.INVALID_ARGUMENT, reason, call);
    }

    static MlcoreException closed(Executable call) {
        return refused(Code.FAILED_PRECONDITION, Reason.CLOSED_HANDLE, call);
    }

    static String bits(double value) {
        return HexFormat.of().toHexDigits(Double.doubleToRawLongBits(value));
    }
}
