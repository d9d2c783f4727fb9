// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

class ModelTest {
    private static byte[] artifact() throws IOException {
        return Files.readAllBytes(Fixtures.folder("mlcore.fixtures").resolve("loan.mlc"));
    }

    @Test
    void theLibrarySaysWhatItIs() {
        assertEquals("0.1.0", Mlcore.version());
        assertEquals(Native.headerAbiVersion(), Mlcore.abiVersion());
        assertTrue(Mlcore.libraryPath().endsWith("/libmlcore.so.0"), Mlcore.libraryPath());
    }

    @Test
    void aModelSaysWhatItIs() {
        try (Model model = Fixtures.loan()) {
            assertEquals("loan", model.name());
            assertTrue(model.digest().matches("[0-9a-f]{64}"));
            assertTrue(model.describe().startsWith("{") && model.describe().contains("\"loan\""));
            assertEquals(1, model.outputCount(Output.PREDICTION));
            assertEquals(1, model.outputCount(Output.MARGIN));
            assertEquals(2, model.outputCount(Output.FEATURES));
            assertSame(model.features(), model.features());
        }
    }

    @Test
    void aModelOpensFromBytesToo() throws IOException {
        try (Model model = Model.open(artifact());
                Model same = Fixtures.loan()) {
            assertEquals(same.digest(), model.digest());
        }
    }

    @Test
    void aVersionOfARegistryIsOpenedByItsRefAndSaysWhichItIs() {
        final String models = Fixtures.folder("mlcore.fixtures").resolve("models").toString();
        try (Model champion = Model.open(models + "@champion");
                Model first = Model.open(models + "@v1");
                Model second = Model.open(Path.of(models, "v2"));
                Model file = Model.open(Path.of(models, "v2", "model.mlc"))) {
            assertEquals("shop", champion.name());
            assertEquals(2, champion.version());
            assertEquals(1, first.version());
            assertEquals(2, second.version());
            assertEquals(0, file.version());
        }
        Fixtures.refused(Code.NOT_FOUND, Reason.UNKNOWN_ALIAS, () -> Model.open(models + "@beta"));
        Fixtures.refused(Code.NOT_FOUND, Reason.UNKNOWN_VERSION, () -> Model.open(models + "@v9"));
    }

    @Test
    void theDefinitionOfAModelIsSeen() {
        try (Model model = Fixtures.shop()) {
            final Features features = model.features();
            assertEquals(List.of("orders_30d", "spend"), features.names());
            assertEquals(List.of("orders"), features.streams());
            assertTrue(features.text().startsWith("features shop version 1"));
            assertTrue(features.fingerprint().matches("[0-9a-f]{64}"));
            assertEquals(
                    "Field[name=customer, type=STRING, nullable=false]",
                    features.request().fields().get(0).toString());
            assertEquals(4, features.stream("orders").fields().size());
        }
    }

    @Test
    void aModelThatIsNotThereIsNotFound() {
        final MlcoreException error =
                Fixtures.refused(
                        Code.NOT_FOUND,
                        Reason.FILE_NOT_FOUND,
                        () -> Model.open("no/such/file.mlc"));
        assertEquals(5, error.code());
        assertEquals(601, error.reason());
        assertEquals(-1, error.column());
        assertEquals(-1, error.row());
        assertTrue(error.getMessage().contains("no/such/file.mlc"));
        assertTrue(error.toString().endsWith("(NOT_FOUND/file_not_found)"));
    }

    @Test
    void oddPathsAreRefused() {
        Fixtures.invalid(Reason.INVALID_OPTION, () -> Model.open("loan.mlc\0.txt"));
        Fixtures.invalid(Reason.INVALID_UTF8, () -> Model.open("loan\uD800.mlc"));
        Fixtures.invalid(Reason.NULL_POINTER, () -> Model.open((String) null));
        Fixtures.invalid(Reason.NULL_POINTER, () -> Model.open((Path) null));
        Fixtures.invalid(Reason.NULL_POINTER, () -> Model.open((byte[]) null));
        Fixtures.refused(
                Code.UNAVAILABLE, Reason.IO_FAILURE, () -> Model.open("x".repeat(1 << 20)));
    }

    @Test
    void bytesThatAreNoArtifactAreRefused() throws IOException {
        final byte[] bytes = artifact();
        Fixtures.refused(
                Code.DATA_LOSS, Reason.TRUNCATED, () -> Model.open(Arrays.copyOf(bytes, 200)));
        Fixtures.refused(Code.DATA_LOSS, Reason.NOT_AN_ARTIFACT, () -> Model.open(new byte[4096]));
        bytes[bytes.length / 2] ^= 1;
        assertEquals(
                Code.DATA_LOSS,
                Fixtures.refused(Code.DATA_LOSS, Reason.CHECKSUM, () -> Model.open(bytes)).code());
    }

    @Test
    void aDefinitionThatDoesNotCompileShowsWhere() {
        final MlcoreException error =
                Fixtures.invalid(
                        Reason.UNKNOWN_NAME,
                        () ->
                                Features.parse(
                                        "features ages version 1\n"
                                                + "input age: i64\n"
                                                + "years = aeg\n"
                                                + "output [years]\n"));
        assertTrue(error.getMessage().contains("^"), error.getMessage());
        assertTrue(error.getMessage().contains("aeg"), error.getMessage());
        Fixtures.invalid(Reason.INVALID_UTF8, () -> Features.parse("features \uDC00"));
        Fixtures.invalid(Reason.NULL_POINTER, () -> Features.parse(null));
        assertEquals(
                Code.INVALID_ARGUMENT,
                Fixtures.invalid(Reason.SYNTAX, () -> Features.parse("")).code());
    }

    @Test
    void marginsOfModelFeaturesComeInBothWidths() {
        try (Model model = Fixtures.loan();
                Context context = model.context(Output.MARGIN)) {
            final double expected = context.predictNumeric(25, 1, 4)[0]; // years 25, ratio 0.25
            assertArrayEquals(new double[] {expected}, model.margins(new double[] {25, 0.25}, 1));
            assertArrayEquals(
                    new double[] {expected, expected},
                    model.margins(new float[] {25, 0.25f, 25, 0.25f}, 2));
            assertEquals(0, model.margins(new double[0], 0).length);
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> model.margins(new double[3], 2));
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> model.margins(new float[3], -1));
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> model.margins(new double[6], 2));
        }
    }

    @Test
    void whatIsClosedCanNotBeUsed() {
        final Model model = Fixtures.shop();
        final Features features = model.features();
        final Layout request = features.request();
        model.close();
        model.close();
        Fixtures.closed(model::name);
        Fixtures.closed(model::digest);
        Fixtures.closed(model::describe);
        Fixtures.closed(model::context);
        Fixtures.closed(() -> model.outputCount(Output.MARGIN));
        Fixtures.closed(() -> model.margins(new double[2], 1));
        Fixtures.closed(features::text);
        Fixtures.closed(features::fingerprint);
        Fixtures.closed(() -> features.stream("orders"));
        Fixtures.closed(() -> features.compute(new Rows(request)));
        Fixtures.closed(() -> new State(features));
        Fixtures.closed(() -> State.restore(features, new byte[64]));
        Fixtures.closed(() -> request.fromJson("{}"));
        Fixtures.closed(() -> request.check(new byte[64]));
        final Features parsed =
                Features.parse(
                        "features ages version 1\ninput age: i64\nyears = age\noutput [years]\n");
        parsed.close();
        parsed.close();
        Fixtures.closed(parsed::text);
    }

    @Test
    void closingTheFeaturesOfAModelLeavesThemOpen() {
        try (Model model = Fixtures.loan()) {
            model.features().close();
            assertEquals(2, model.features().names().size());
            assertTrue(model.features().text().startsWith("features loan"));
        }
    }

    @Test
    void aContextOutlivesItsModel() {
        final Model model = Fixtures.loan();
        try (Context context = model.context()) {
            final double before = context.predictNumeric(25, 1, 4)[0];
            model.close();
            assertEquals(
                    before, context.predictJson("{\"age\": 25, \"debt\": 1, \"income\": 4}")[0]);
        }
    }
}
