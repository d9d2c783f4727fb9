// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

class ContextTest {
    record Person(long age, Double debt, double income) {}

    record Ask(String customer, java.time.Instant as_of) {}

    private static Model loan;
    private static Model shop;

    @BeforeAll
    static void open() {
        loan = Fixtures.loan();
        shop = Fixtures.shop();
    }

    @AfterAll
    static void close() {
        loan.close();
        shop.close();
    }

    @Test
    void theTreesAreAddedToTheBaseMargin() {
        try (Context context = loan.context(Output.MARGIN)) {
            // two stumps, tests/capi/fixture.hpp: 0.125 + 0.25 + 1, and 0.125 - 0.5 + 2
            assertEquals(1.375, context.predictNumeric(25, 1, 4)[0]);
            assertEquals(1.625, context.predictNumeric(31, 4, 4)[0]);
            assertEquals(1.375, context.predictNumeric(25, Double.NaN, 4)[0], "missing goes left");
        }
    }

    @Test
    void everyWayOfGivingARowGivesTheSameBits() {
        for (final Output output : Output.values()) {
            try (Context context = loan.context(output)) {
                final double[] expected = context.predictNumeric(25, 1, 4);
                assertEquals(context.outputCount(), expected.length);
                assertArrayEquals(expected, context.predictNumeric(new float[] {25, 1, 4}));
                assertArrayEquals(
                        expected, context.predictRow(Map.of("age", 25, "debt", 1, "income", 4)));
                assertArrayEquals(expected, context.predictRow(new Person(25, 1.0, 4)));
                assertArrayEquals(
                        expected,
                        context.predictRow(loan.features().request().pack(new Person(25, 1.0, 4))));
                assertArrayEquals(
                        expected, context.predictJson("{\"income\": 4, \"age\": 25, \"debt\": 1}"));
                assertArrayEquals(expected, context.predictBatch(new double[] {25, 1, 4}, 1));
                assertArrayEquals(expected, context.predictBatch(new float[] {25, 1, 4}, 1));
                final RowWriter row = loan.features().request().writer();
                final Rows rows = new Rows(loan.features().request()).add(new Person(25, 1.0, 4));
                assertArrayEquals(expected, context.predictBatch(rows));
                assertEquals(
                        expected[0],
                        context.predictRow(row.set("age", 25).set("debt", 1).set("income", 4)));
            }
        }
    }

    @Test
    void aContextUsesTheRoundsThatItIsMadeFor() throws java.io.IOException {
        try (Model model = Model.open(Fixtures.folder("mlcore.parity").resolve("classes.mlc"));
                Context all = model.context(Output.MARGIN);
                Context first = model.context(Output.MARGIN, 0, 1);
                Context leaves = model.context(Output.LEAF, 0, 1);
                Context index = model.context(Output.CLASS)) {
            final double[] row = {1.75, 0.5, 4, 1};
            assertEquals(3, all.outputCount());
            assertEquals(false, Arrays.equals(all.predictNumeric(row), first.predictNumeric(row)));
            assertEquals(3, leaves.predictNumeric(row).length);
            assertEquals(1, index.predictNumeric(row)[0]);
            assertEquals(1, model.outputCount(Output.CLASS));
            for (final int[] range :
                    new int[][] {{-1, 1}, {1, 1}, {0, 1000}, {Integer.MAX_VALUE, 0}, {0, -1}}) {
                Fixtures.invalid(
                        Reason.INVALID_OPTION,
                        () -> model.context(Output.MARGIN, range[0], range[1]));
            }
            Fixtures.invalid(Reason.NULL_POINTER, () -> model.context(null));
        }
    }

    @Test
    void boundMemoryIsReadAndWritten() {
        try (Context context = loan.context(Output.FEATURES)) {
            assertSame(context.values(), context.values());
            assertSame(context.out(), context.out());
            assertSame(context.row(), context.row());
            assertEquals(3, context.values().limit());
            context.values().put(0, 25).put(1, 1).put(2, 4);
            assertEquals(25, context.predictValues());
            assertEquals(0.25, context.out().get(1));
            context.row().set(0, 31).setNull(1).set(2, 4.0);
            assertEquals(31, context.predict());
            assertEquals("7ff8000000000000", Fixtures.bits(context.out().get(1)));
            assertEquals(31, context.predict(), "the row stays until the next one begins");
            context.row().set(0, 5);
            Fixtures.invalid(Reason.MISSING_COLUMN, context::predict);
        }
    }

    @Test
    void batchesAreRowsOfOutputs() {
        final double[] values = new double[3 * 5000];
        for (int i = 0; i < 5000; ++i) {
            values[3 * i] = i % 60;
            values[3 * i + 1] = i % 3 == 0 ? Double.NaN : i;
            values[3 * i + 2] = 1 + i % 7;
        }
        try (Context context = loan.context(Output.FEATURES)) {
            final double[] scores = context.predictBatch(values, 5000);
            assertEquals(10_000, scores.length);
            for (int i = 0; i < 5000; ++i) {
                final double[] one =
                        context.predictNumeric(Arrays.copyOfRange(values, 3 * i, 3 * i + 3));
                assertEquals(Fixtures.bits(one[0]), Fixtures.bits(scores[2 * i]));
                assertEquals(Fixtures.bits(one[1]), Fixtures.bits(scores[2 * i + 1]));
            }
            assertEquals(0, context.predictBatch(new double[0], 0).length);
            assertEquals(0, context.predictBatch(new float[0], 0).length);
            values[3 * 4321] = 0.5;
            assertEquals(
                    4321,
                    Fixtures.invalid(Reason.TYPE_MISMATCH, () -> context.predictBatch(values, 5000))
                            .row());
        }
    }

    @Test
    void badNumbersAreRefused() {
        try (Context context = loan.context()) {
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictNumeric());
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictNumeric(1, 2, 3, 4));
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictNumeric(new float[2]));
            assertEquals(
                    0,
                    Fixtures.invalid(Reason.TYPE_MISMATCH, () -> context.predictNumeric(0.5, 1, 1))
                            .column());
            assertEquals(
                    2,
                    Fixtures.invalid(
                                    Reason.NULL_NOT_ALLOWED,
                                    () -> context.predictNumeric(1, 1, Double.NaN))
                            .column());
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> context.predictBatch(new double[4], 3));
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> context.predictBatch(new double[4], 0));
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> context.predictBatch(new float[4], -1));
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictBatch(new float[4], 2));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictNumeric((double[]) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictNumeric((float[]) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictBatch((double[]) null, 1));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictBatch((float[]) null, 1));
        }
        try (Context context = shop.context()) {
            Fixtures.refused(
                    Code.FAILED_PRECONDITION,
                    Reason.NEEDS_STATE,
                    () -> context.predictNumeric(1, 2));
        }
    }

    @Test
    void badRowsAreRefused() {
        try (Context context = loan.context()) {
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictRow((byte[]) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictRow((RowWriter) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictRow((Map<String, ?>) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictRow((Record) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictJson(null));
            Fixtures.invalid(Reason.MALFORMED_ROW, () -> context.predictRow(new byte[0]));
            Fixtures.invalid(Reason.LAYOUT_MISMATCH, () -> context.predictRow(new byte[100_000]));
            Fixtures.invalid(Reason.MISSING_COLUMN, () -> context.predictJson("{}"));
            Fixtures.invalid(
                    Reason.LAYOUT_MISMATCH,
                    () ->
                            context.predictRow(
                                    shop.features().stream("orders")
                                            .pack(Fixtures.order("a", "1997-01-01", 1))));
            assertEquals(1, context.predictNumeric(25, 1, 4).length);
        }
    }

    @Test
    void windowsAreReadFromAStateOrFromTheCallersEvents() {
        try (State state = new State(shop.features());
                Context context = shop.context(Output.FEATURES)) {
            final Rows orders = Fixtures.threeOrders(shop.features());
            state.ingest("orders", orders);
            final Map<String, Object> ask = Map.of("customer", "ada", "as_of", Fixtures.NEW_YEAR);
            final byte[] row = shop.features().request().pack(ask);
            final double[] expected = {1, 29.75};
            assertArrayEquals(expected, context.predictAt(state, ask));
            assertArrayEquals(expected, context.predictAt(state, row));
            assertArrayEquals(
                    expected, context.predictAt(state, new Ask("ada", Fixtures.NEW_YEAR)));
            context.row().set("customer", "ada").set("as_of", Fixtures.NEW_YEAR);
            assertEquals(1, context.predictAt(state));
            assertEquals(29.75, context.out().get(1));
            final Rows requests =
                    new Rows(shop.features().request())
                            .add(row)
                            .add(new Ask("bob", Fixtures.NEW_YEAR));
            assertArrayEquals(
                    new double[] {1, 29.75, 1, 0.25}, context.predictBatchAt(state, requests));
            assertArrayEquals(
                    new double[] {1, 29.75, 1, 0.25}, shop.features().compute(requests, state));
            final Rows adas =
                    new Rows(shop.features().stream("orders"))
                            .add(Fixtures.order("ada", "1997-06-01", 9.25))
                            .add(Fixtures.order("ada", "1997-12-20", 20.5));
            assertArrayEquals(expected, context.predictEvents(row, List.of(adas)));
            assertEquals(
                    0, context.predictBatchAt(state, new Rows(shop.features().request())).length);
        }
    }

    @Test
    void badEventsAreRefused() {
        try (State state = new State(shop.features());
                Context context = shop.context()) {
            final byte[] row = shop.features().request().pack(new Ask("ada", Fixtures.NEW_YEAR));
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictEvents(row, List.of()));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictEvents(row, null));
            Fixtures.invalid(
                    Reason.NULL_POINTER,
                    () -> context.predictEvents(row, Arrays.asList((Rows) null)));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictEvents(null, List.of()));
            final Rows broken = new Rows(shop.features().stream("orders")).add(new byte[3]);
            assertEquals(
                    0,
                    Fixtures.invalid(
                                    Reason.MALFORMED_ROW,
                                    () -> context.predictEvents(row, List.of(broken)))
                            .row());
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictAt(null, row));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictAt(state, (byte[]) null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictBatchAt(state, null));
            Fixtures.invalid(
                    Reason.NULL_POINTER,
                    () -> context.predictBatchAt(null, new Rows(shop.features().request())));
            final Rows requests = new Rows(shop.features().request()).add(row).add(new byte[1]);
            assertEquals(
                    1,
                    Fixtures.invalid(
                                    Reason.MALFORMED_ROW,
                                    () -> context.predictBatchAt(state, requests))
                            .row());
            Fixtures.refused(
                    Code.FAILED_PRECONDITION, Reason.NEEDS_STATE, () -> context.predictRow(row));
            Fixtures.refused(
                    Code.FAILED_PRECONDITION,
                    Reason.NEEDS_STATE,
                    () -> context.predictBatch(requests));
            Fixtures.invalid(Reason.NULL_POINTER, () -> context.predictBatch(null));
        }
    }

    @Test
    void aLongRowFits() {
        try (State state = new State(shop.features());
                Context context = shop.context(Output.FEATURES)) {
            final String customer = "x".repeat(3_000_000);
            state.ingest(
                    "orders",
                    new Rows(shop.features().stream("orders"))
                            .add(Fixtures.order(customer, "1997-12-20", 3)));
            context.row().set("customer", customer).set("as_of", Fixtures.NEW_YEAR);
            assertEquals(1, context.predictAt(state));
            assertEquals(3, context.predictAt(state, new Ask(customer, Fixtures.NEW_YEAR))[1]);
        }
    }

    @Test
    void aClosedContextCanNotBeUsed() {
        final Context context = loan.context();
        context.row().set(0, 1).set(2, 1);
        context.close();
        context.close();
        Fixtures.closed(context::predict);
        Fixtures.closed(context::predictValues);
        Fixtures.closed(() -> context.predictNumeric(1, 2, 3));
        Fixtures.closed(() -> context.predictNumeric(new float[3]));
        Fixtures.closed(() -> context.predictJson("{}"));
        Fixtures.closed(() -> context.predictRow(new byte[1 << 20]));
        Fixtures.closed(() -> context.predictBatch(new double[3], 1));
        Fixtures.closed(() -> context.predictBatch(new float[3], 1));
        Fixtures.closed(() -> context.predictEvents(new byte[9], List.of()));
        try (State state = new State(shop.features())) {
            Fixtures.closed(() -> context.predictAt(state));
            Fixtures.closed(
                    () -> context.predictBatchAt(state, new Rows(shop.features().request())));
        }
        context.values().put(0, 1); // memory of the Java heap's making: still there
        assertEquals(1, context.values().get(0));
    }
}
